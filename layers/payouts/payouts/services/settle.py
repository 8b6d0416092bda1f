"""An operator's decision on a transfer that status checks cannot settle, kept in its history."""

from payouts.domain.errors import Mismatch
from payouts.domain.schedule import needs_review, with_next_check
from payouts.domain.transfer import ENDED, Finding, Observation, Source, Status, Transfer, record
from payouts.store.transfers import TransferStore

_MOST_DECISIONS = 20
"""Bounded, since decisions are kept for ever."""


def settle(
    store: TransferStore,
    transfer: Transfer,
    verdict: Status,
    by: str,
    reason: str,
    now: int,
    read_version: int | None = None,
) -> Transfer:
    """The transfer with the verdict SUCCESS, FAILED or REFUNDED of `by`, at `now` in milliseconds.

    `read_version` is the version that the operator read; the decision is written on that version only. Raises Mismatch
    if the transfer changed since or needs no decision, or if `read_version` is None and a notification claims something
    else than the verdict; ValueError for another verdict or an empty name or reason.
    """
    if verdict not in ENDED:
        raise ValueError(f"the verdict must be one of {', '.join(sorted(ENDED))}")
    if not by.strip() or not reason.strip():
        raise ValueError("a settlement needs a name and a reason")
    message = f"{by.strip()}: {reason.strip()}"
    if _is_repeated(transfer, verdict, message, read_version):
        return transfer
    decision = Observation(now, Finding(verdict.value), Source.OPERATOR, "SETTLED", message, asked=transfer.version)

    def settled(standing: Transfer) -> Transfer:
        _check_version(transfer, standing, verdict, read_version)
        _check_need(standing, now)
        return with_next_check(record(standing, decision), now, jitter=0.0)

    return store.update(transfer, settled)


def _is_repeated(standing: Transfer, verdict: Status, message: str, read_version: int | None) -> bool:
    """True if the latest decision is this one on the version that was read: its answer was lost."""
    latest = standing.reading.verdict
    if latest is None or read_version is None:
        return False
    return (latest.finding, latest.message, latest.asked) == (Finding(verdict.value), message, read_version)


def _check_version(read: Transfer, standing: Transfer, verdict: Status, read_version: int | None) -> None:
    if standing.version != (read.version if read_version is None else read_version):
        raise Mismatch(
            f"{standing.partner_reference_no} changed while you decided: it is {standing.status} at version"
            f" {standing.version} now. Read it again"
        )
    if read_version is None and _has_unread_claim(standing, verdict):
        raise Mismatch(
            f"a notification claims something else than {verdict} about {standing.partner_reference_no}. Read the"
            f" transfer, and if you decide the same, settle it with --version {standing.version}"
        )


def _check_need(standing: Transfer, now: int) -> None:
    """An earlier decision may be corrected at any time: it may have been a mistake."""
    if not needs_review(standing, now) and standing.reading.verdict is None:
        raise Mismatch(
            f"{standing.partner_reference_no} is {standing.status} and needs no decision"
            f" (nextAction {standing.next_action}). Only a transfer whose nextAction is ASK_DOKU or SETTLE, or one open"
            " for seven days, can be settled"
        )
    if sum(seen.source is Source.OPERATOR for seen in standing.history) >= _MOST_DECISIONS:
        raise Mismatch(f"{standing.partner_reference_no} has been settled {_MOST_DECISIONS} times already")


def _has_unread_claim(standing: Transfer, verdict: Status) -> bool:
    """True if a notification claims another outcome. The status says so only where the transfer is DISPUTED."""
    if standing.status is Status.DISPUTED:
        return False
    claims = {seen.claim for seen in standing.reading.since_decision if seen.claim is not None}
    return bool(claims - {Finding(verdict.value)})
