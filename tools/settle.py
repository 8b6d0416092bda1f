"""Settle transfers by hand, after DOKU said how they ended: one by its reference, or many by a CSV file."""

import argparse
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
from tools.deployment import NoSuchDeployment, Target, add_option, find

_COLUMNS = ["partnerReferenceNo", "verdict", "reason"]
_MOST_BY, _MOST_REASON, _MOST_REFERENCE = 64, 200, 64
_VERDICTS = sorted(str(status) for status in ENDED)


@dataclass(frozen=True)
class Word:
    """How a transfer ended, and how the operator knows."""

    reference: str
    verdict: Status
    reason: str


class _Rehearsal(TransferStore):
    """The deployment's transfers, of which none is written."""

    def update(self, transfer: Transfer, change: Callable[[Transfer], Transfer]) -> Transfer:
        """The transfer as it would be written."""
        return change(transfer)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if a transfer was refused or is unknown, 2 if the command or its file is wrong."""
    options = _parser().parse_args(arguments)
    try:
        by, words = _text("--by", options.by, _MOST_BY), _words(options)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        target = find(options.env)
        signature = f"{by} ({_identity(target)})"
    except NoSuchDeployment as error:
        print(error, file=sys.stderr)
        return 1
    settler = _Settler(target, signature, options.dry_run)
    ended = [settler.settle(word) for word in words]  # each, whatever became of those before
    return 0 if all(ended) else 1


class _Settler:
    """Settles transfers of one deployment, and prints what became of each."""

    def __init__(self, target: Target, signature: str, dry_run: bool) -> None:
        self._target = target
        self._signature = signature
        self._done = "would be" if dry_run else "is"
        store = _Rehearsal if dry_run else TransferStore
        self._store = store(target.table())

    def settle(self, word: Word) -> bool:
        """Whether the transfer has ended as the operator says."""
        try:
            transfer = self._store.get(word.reference)
            if transfer is None:
                print(f"no transfer in {self._target.name} is known as {word.reference}", file=sys.stderr)
                return False
            now = int(time.time() * 1000)
            settled = settle(self._store, transfer, word.verdict, self._signature, word.reason, now)
        except (PayoutError, ValueError) as error:
            print(f"in {self._target.name}, {error}", file=sys.stderr)
            return False
        where, how = (
            f"in {self._target.name}, {settled.partner_reference_no}",
            f"{settled.status}, by {self._signature}",
        )
        print(f"{where} {self._done} {how}")
        return settled.status is word.verdict


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.settle", description=__doc__)
    add_option(parser)
    parser.add_argument("reference", nargs="?", help="partnerReferenceNo")
    parser.add_argument("verdict", nargs="?", choices=_VERDICTS, help="how DOKU says that it ended")
    parser.add_argument("--by", required=True, help=f"your name, at most {_MOST_BY} characters; kept in the history")
    reason = f"how you know, such as DOKU's ticket, at most {_MOST_REASON} characters; kept in the history"
    parser.add_argument("--reason", help=reason)
    parser.add_argument("--file", type=Path, help=f"instead of one transfer, a CSV file: {','.join(_COLUMNS)}")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be settled")
    return parser


def _words(options: argparse.Namespace) -> list[Word]:
    """What is to be settled. Raises ValueError that says what is wrong."""
    one = (options.reference, options.verdict, options.reason)
    if options.file is not None:
        if any(one):
            raise ValueError("with --file, neither a transfer nor --reason is given: each line has its own")
        return _in_file(options.file)
    if None in one:
        raise ValueError("give partnerReferenceNo, verdict and --reason, or --file")
    return [_word(*one)]


def _in_file(path: Path) -> list[Word]:
    """The lines of a CSV file. Raises ValueError for the first that is wrong, so that no line is settled."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file, strict=True))
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(f"{path} can't be read: {error}") from None
    if not lines or lines[0] != _COLUMNS:
        raise ValueError(f"{path}, line 1: the columns must be {','.join(_COLUMNS)}")
    words = [word for number, line in enumerate(lines[1:], 2) for word in _on_line(path, number, line)]
    if not words:
        raise ValueError(f"{path} has no line to settle")
    ((reference, times),) = Counter(word.reference for word in words).most_common(1)
    if times > 1:
        raise ValueError(f"{path}: {reference} is there {times} times")
    return words


def _on_line(path: Path, number: int, line: list[str]) -> Iterator[Word]:
    """The word of a line; none for an empty one."""
    if not line:
        return
    try:
        if len(line) != len(_COLUMNS):
            raise ValueError(f"{len(_COLUMNS)} values are needed, not {len(line)}")
        yield _word(*line)
    except ValueError as error:
        raise ValueError(f"{path}, line {number}: {error}") from None


def _word(reference: str, verdict: str, reason: str) -> Word:
    if verdict not in _VERDICTS:
        raise ValueError(f"the verdict must be one of {', '.join(_VERDICTS)}, not {verdict!a}")
    known = _text("partnerReferenceNo", reference, _MOST_REFERENCE)
    return Word(known, Status(verdict), _text("the reason", reason, _MOST_REASON))


def _text(name: str, value: str, most: int) -> str:
    text = value.strip()
    if not 0 < len(text) <= most or not text.isprintable():
        raise ValueError(f"{name} must be 1 to {most} printable characters")
    return text


def _identity(target: Target) -> str:
    """The ARN under which AWS knows the operator. Raises NoSuchDeployment where AWS does not say: no one signs then."""
    try:
        arn: str = target.client("sts").get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError) as error:
        raise NoSuchDeployment(
            f"AWS does not say who you are ({error}); nothing was settled in {target.name}"
        ) from error
    return arn


if __name__ == "__main__":
    sys.exit(main())
