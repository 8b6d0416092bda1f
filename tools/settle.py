"""Settle transfers by hand, after DOKU confirmed their outcome: one by its reference, or many by a CSV file."""

import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from payouts.domain.errors import PayoutError
from payouts.domain.transfer import ENDED, Status, Transfer
from payouts.services.settle import settle
from payouts.store.transfers import TransferStore
from tools.deployment import Deployment, find
from tools.errors import CommandError, UsageError

COLUMNS = ["partnerReferenceNo", "verdict", "reason"]
VERSION_COLUMN = "version"
"""An optional fourth column: the version of the transfer that the operator read."""
_MOST_BY, _MOST_REASON, _MOST_REFERENCE = 64, 200, 64
VERDICTS = sorted(str(status) for status in ENDED)


@dataclass(frozen=True)
class Decision:
    """The final status of a transfer, and the operator's reason for it."""

    reference: str
    verdict: Status
    reason: str
    version: int | None = None
    """The version of the transfer that the operator read; None if it was not named."""


class _DryRunStore(TransferStore):
    """The deployment's transfers, read-only."""

    def update(self, transfer: Transfer, change: Callable[[Transfer], Transfer]) -> Transfer:
        """The transfer as it would be written."""
        return change(transfer)


def settle_transfers(
    env: str,
    by: str,
    reference: str | None = None,
    status: str | None = None,
    reason: str | None = None,
    file: Path | None = None,
    dry_run: bool = False,
    version: int | None = None,
) -> bool:
    """Settle one transfer, or those of a file, and print the result of each. Return False if one was not settled.

    Raises UsageError for arguments or a file that are wrong, before any transfer is settled.
    """
    try:
        name, decisions = _text("--by", by, _MOST_BY), _decisions(reference, status, reason, file, version)
    except ValueError as error:
        raise UsageError(str(error)) from error
    deployment = find(env)
    settler = _Settler(deployment, f"{name} ({_identity(deployment)})", dry_run)
    results = [settler.settle(decision) for decision in decisions]  # each, also after one that was refused
    return all(results)


class _Settler:
    """Settles transfers of one deployment and prints the result of each."""

    def __init__(self, deployment: Deployment, signature: str, dry_run: bool) -> None:
        self._deployment = deployment
        self._signature = signature
        self._done = "would be" if dry_run else "is"
        store = _DryRunStore if dry_run else TransferStore
        self._store = store(deployment.table())

    def settle(self, decision: Decision) -> bool:
        """Return True if the transfer has the status of the decision."""
        try:
            transfer = self._store.get(decision.reference)
            if transfer is None:
                print(f"{self._deployment.name} has no transfer {decision.reference}", file=sys.stderr)
                return False
            now = int(time.time() * 1000)
            settled = settle(
                self._store, transfer, decision.verdict, self._signature, decision.reason, now, decision.version
            )
        except (PayoutError, ValueError) as error:
            print(f"in {self._deployment.name}, {error}", file=sys.stderr)
            return False
        where = f"in {self._deployment.name}, {settled.partner_reference_no}"
        print(f"{where} {self._done} {settled.status}, by {self._signature}")
        return settled.status is decision.verdict


def _decisions(
    reference: str | None, status: str | None, reason: str | None, file: Path | None, version: int | None
) -> list[Decision]:
    """The decisions on the command line or in the file. Raises ValueError."""
    if file is not None:
        if reference or status or reason or version is not None:
            raise ValueError("with --file, give no transfer, --reason or --version: each line of the file has its own")
        return _in_file(file)
    if reference is None or status is None or reason is None:
        raise ValueError("give partnerReferenceNo, verdict and --reason, or --file")
    return [_decision(reference, status, reason, version)]


def _in_file(path: Path) -> list[Decision]:
    """The decisions of a CSV file. Raises ValueError for the first line that is wrong, so that no line is settled."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file, strict=True))
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(f"{path} can't be read: {error}") from None
    columns = lines[0] if lines else []
    if columns not in (COLUMNS, [*COLUMNS, VERSION_COLUMN]):
        raise ValueError(f"{path}, line 1: the columns must be {','.join(COLUMNS)}, optionally with {VERSION_COLUMN}")
    numbered = enumerate(lines[1:], 2)
    decisions = [decision for number, line in numbered for decision in _on_line(path, number, line, len(columns))]
    if not decisions:
        raise ValueError(f"{path} has no line to settle")
    ((reference, times),) = Counter(decision.reference for decision in decisions).most_common(1)
    if times > 1:
        raise ValueError(f"{path}: {reference} occurs {times} times")
    return decisions


def _on_line(path: Path, number: int, line: list[str], width: int) -> Iterator[Decision]:
    """Yield the decision of a line; nothing for an empty line."""
    if not line:
        return
    try:
        if len(line) != width:
            raise ValueError(f"{width} values are needed, not {len(line)}")
        reference, verdict, reason, *rest = line
        yield _decision(reference, verdict, reason, _version(rest))
    except ValueError as error:
        raise ValueError(f"{path}, line {number}: {error}") from None


def _decision(reference: str, verdict: str, reason: str, version: int | None) -> Decision:
    if verdict not in VERDICTS:
        raise ValueError(f"the verdict must be one of {', '.join(VERDICTS)}, not {verdict!a}")
    known = _text("partnerReferenceNo", reference, _MOST_REFERENCE)
    return Decision(known, Status(verdict), _text("the reason", reason, _MOST_REASON), version)


def _version(cells: list[str]) -> int | None:
    """The version in the optional last cell; None if there is none. Raises ValueError."""
    text = "".join(cells).strip()
    if not text:
        return None
    if not text.isdecimal():
        raise ValueError(f"{VERSION_COLUMN} must be a whole number, not {text!a}")
    return int(text)


def _text(name: str, value: str, most: int) -> str:
    text = value.strip()
    if not 0 < len(text) <= most or not text.isprintable():
        raise ValueError(f"{name} must be 1 to {most} printable characters")
    return text


def _identity(deployment: Deployment) -> str:
    """The operator's ARN in AWS. Raises CommandError if AWS does not report one: a settlement needs a name."""
    try:
        arn: str = deployment.client("sts").get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError) as error:
        raise CommandError(
            f"AWS does not report your identity ({error}); nothing was settled in {deployment.name}"
        ) from error
    return arn
