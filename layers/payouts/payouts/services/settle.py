"""An operator's decision on a transfer that status checks cannot settle, kept in its history."""

from payouts.domain.errors import Mismatch
from payouts.domain.schedule import needs_review, with_next_check
from payouts.domain.transfer import ENDED, Finding, Observation, Source, Status, Transfer, record
from payouts.store.transfers import TransferStore

_MOST_DECISIONS = 20
"""Bounded, since decisions are kept for ever."""


def settle(store: TransferStore, transfer: Transfer, verdict: Status, by: str, reason: str, now: int) -> Transfer:
    """Record the verdict SUCCESS, FAILED or REFUNDED of operator `by`, at `now` in milliseconds.

    Written only on the version in `transfer`, which is the one that the operator read. Raises Mismatch if the transfer
    has changed since or needs no decision, and ValueError for another verdict or an empty name or reason.
    """
    if verdict not in ENDED:
        raise ValueError(f"the verdict must be one of {', '.join(sorted(ENDED))}")
    if not by.strip() or not reason.strip():
        raise ValueError("a settlement needs a name and a reason")
    message = f"{by.strip()}: {reason.strip()}"
    decision = Observation(now, Finding(verdict.value), Source.OPERATOR, "SETTLED", message, asked=transfer.version)

    def settled(standing: Transfer) -> Transfer:
        _check(transfer, standing, now)
        return with_next_check(record(standing, decision), now, jitter=0.0)

    return store.update(transfer, settled)


def _check(read: Transfer, standing: Transfer, now: int) -> None:
    if standing.version != read.version:
        raise Mismatch(
            f"{standing.partner_reference_no} changed while you decided and is now {standing.status}. Read it again"
        )
    if not needs_review(standing, now):
        raise Mismatch(
            f"{standing.partner_reference_no} is {standing.status} and needs no decision"
            f" (nextAction {standing.next_action}). Only a transfer whose nextAction is ASK_DOKU or SETTLE, or one open"
            " for seven days, can be settled"
        )
    if sum(seen.source is Source.OPERATOR for seen in standing.history) >= _MOST_DECISIONS:
        raise Mismatch(f"{standing.partner_reference_no} has been settled {_MOST_DECISIONS} times already")
