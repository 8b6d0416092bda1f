"""When DOKU is to be asked about a transfer next (DESIGN 2.9). Pure; times in milliseconds since the epoch."""

from dataclasses import replace
from itertools import chain

from payouts.transfer import NOT_ACKNOWLEDGED, Finding, Observation, Source, Status, Transfer

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

FIRST_CHECK = 1 * MINUTE
_OPEN = tuple(
    chain((1 * MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE), (hour * HOUR for hour in range(1, 24)))
)
_SETTLED = (1 * DAY, 3 * DAY, 7 * DAY)
"""A refund is announced at most three times, so a paid transfer is looked at again."""
_DOUBTED = (1 * HOUR, 6 * HOUR, 12 * HOUR, *_SETTLED)
"""After a failure that DOKU did not state itself."""
_NOTIFIED = (10 * MINUTE, 1 * HOUR, 6 * HOUR)
"""After a callback about a transfer that had its end already: check status may lag behind it."""
JITTER = 0.1
"""Share of the wait by which a check is put off at random, so that what was due at once spreads out."""

REVIEW_AFTER = 7 * DAY
NOT_FOUND_WINDOW = 30 * MINUTE
NOT_FOUND_TIMES = 3
NOT_RECEIVED = "NOT_RECEIVED"
"""Code of a failure by proof that DOKU never got the request."""


def next_check_at(transfer: Transfer, now: int, jitter: float) -> int | None:
    """When to ask next, after `now`; None when nothing is expected any more. `jitter` is random, 0 <= jitter < 1."""
    match transfer.status:
        case Status.REFUNDED:
            return None
        case Status.SUCCESS | Status.FAILED:
            return _next_after_the_end(transfer, now)
        case Status.DISPUTED:
            return now + HOUR  # its alarm stays on for as long as it is checked
        case _:
            slot = _next(_OPEN, transfer.created_at, now) or _next_day(transfer.created_at, now)
            return slot + int((slot - now) * JITTER * jitter)


def planned(transfer: Transfer, now: int, jitter: float) -> Transfer:
    """`transfer` with the time of its next check, as `next_check_at`."""
    return replace(transfer, next_check_at=next_check_at(transfer, now, jitter))


def needs_review(transfer: Transfer, now: int) -> bool:
    """Whether a person should look: still open after seven days."""
    settled = (Status.SUCCESS, Status.FAILED, Status.REFUNDED)
    return transfer.status not in settled and now - transfer.created_at >= REVIEW_AFTER


def proof_of_absence(transfer: Transfer) -> Observation | None:
    """That DOKU never got the transfer, once "not found" was repeated over a window; None while that is not proved.

    Only for a transfer that DOKU never acknowledged. One answer, or several within minutes, prove nothing: the request
    may still be on its way (FAULTS 20).
    """
    missing = [seen.at for seen in transfer.history if seen.finding is Finding.NOT_FOUND]
    if transfer.status not in NOT_ACKNOWLEDGED or len(missing) < NOT_FOUND_TIMES:
        return None
    if missing[-1] - missing[0] < NOT_FOUND_WINDOW:
        return None
    minutes = (missing[-1] - missing[0]) // MINUTE
    message = f"DOKU does not know the transfer, asked {len(missing)} times over {minutes} minutes"
    return Observation(missing[-1] + 1, Finding.FAILED, Source.STATUS_CHECK, NOT_RECEIVED, message)


def _next_after_the_end(transfer: Transfer, now: int) -> int | None:
    """A paid transfer may be refunded, and a callback that check status did not confirm yet has it asked again."""
    candidates = []
    decided = transfer.decided_by
    if decided is not None and (transfer.status is Status.SUCCESS or _may_be_wrong(transfer, decided)):
        again = _SETTLED if transfer.status is Status.SUCCESS else _DOUBTED
        candidates.append(_next(again, decided.at, now) or (now + DAY if _unheard(transfer) else None))
    notified_at = max((seen.at for seen in transfer.history if seen.finding is Finding.NOTIFIED), default=None)
    if notified_at is not None:
        candidates.append(_next(_NOTIFIED, notified_at, now))
    return min(filter(None, candidates), default=None)


def _unheard(transfer: Transfer) -> bool:
    """Whether DOKU could not be asked last time. A last look that saw nothing was none: there may be a refund."""
    checks = [seen for seen in transfer.history if seen.source is Source.STATUS_CHECK]
    return bool(checks) and checks[-1].finding is Finding.UNCLEAR


def _may_be_wrong(transfer: Transfer, failure: Observation) -> bool:
    """A failure that DOKU did not state itself, or a refusal although DOKU has said that it is working on it."""
    working = any(seen.finding in (Finding.ACCEPTED, Finding.UNPAID) for seen in transfer.history)
    refused = failure.source is Source.SUBMIT and working
    return refused or failure.code == NOT_RECEIVED or failure.source is Source.OPERATOR


def _next(offsets: tuple[int, ...], start: int, now: int) -> int | None:
    return next((start + offset for offset in offsets if start + offset > now), None)


def _next_day(start: int, now: int) -> int:
    return start + ((now - start) // DAY + 1) * DAY
