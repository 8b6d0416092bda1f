"""When to check a transfer next, and when it needs a person. Times in milliseconds since the epoch."""

from dataclasses import replace
from itertools import chain

from payouts.domain.days import day_after, day_of
from payouts.domain.observation import Finding, Observation, Source
from payouts.domain.status import ENDED, NOT_ACKNOWLEDGED, OTHER_ACCOUNT, NextAction
from payouts.domain.transfer import Status, Transfer

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

FIRST_CHECK = 1 * MINUTE
_OPEN = tuple(
    chain((1 * MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE), (hour * HOUR for hour in range(1, 24)))
)
_SETTLED = (1 * DAY, 3 * DAY, 7 * DAY)
"""Checks of a paid transfer that the sweep does not look at: DOKU announces a refund at most three times."""
_LOOKS_REPEATED = 15 * DAY
"""After its creation, for as long a look that could not be made is repeated."""
_DOUBTED = (1 * HOUR, 6 * HOUR, 12 * HOUR, *_SETTLED)
"""Checks after a failure that no status check has stated."""
_NOTIFIED = (10 * MINUTE, 1 * HOUR, 6 * HOUR)
"""Checks after a notification about a transfer that is no longer open: status checks may lag behind it."""
JITTER = 0.1
"""Largest share of the wait that is added at random, so that checks due at the same time spread out."""

REVIEW_AFTER = 7 * DAY
ABSENCE_AFTER = 72 * HOUR
"""The default of `NotReceivedAfterHours`: from Friday evening to Monday morning."""
NOT_FOUND_TIMES = 6
"""Status checks without a record before absence may be inferred."""
_DOKU_HAS_IT = frozenset({"4034316", "4044318", "4094301", "4094302", "DUPLICATE_TRANSACTION"})
"""Answers to a transfer request that DOKU can only give about a transfer that it has, or that it holds back."""
CLOCK_TOLERANCE = 15 * MINUTE
"""Added to the window of absence, which is measured by the clocks of several machines."""
NOT_RECEIVED = "NOT_RECEIVED"
"""Code of a failure that is inferred from the absence of any record at DOKU."""


def next_check_at(transfer: Transfer, now: int, jitter: float, absence_after: int = ABSENCE_AFTER) -> int | None:
    """When to ask next, after `now`; None when nothing is expected any more. `jitter` is random, 0 <= jitter < 1."""
    match transfer.status:
        case Status.REFUNDED if transfer.reading.is_refunded_by_doku:
            return None
        case Status.SUCCESS | Status.FAILED | Status.REFUNDED:
            return _next_after_end(transfer, now)
        case Status.DISPUTED:
            return now + HOUR  # its alarm stays on for as long as it is checked
        case _:
            return _next_while_open(transfer, now, jitter, absence_after)


def with_next_check(transfer: Transfer, now: int, jitter: float, absence_after: int = ABSENCE_AFTER) -> Transfer:
    """`transfer` with the time of its next check, as `next_check_at`.

    An open transfer keeps an earlier check that is still to come: a change of its time costs two write units.
    """
    following, standing = next_check_at(transfer, now, jitter, absence_after), transfer.next_check_at
    is_open = transfer.status not in ENDED
    if is_open and standing is not None and following is not None and standing > now:
        following = min(standing, following)
    return replace(transfer, next_check_at=following)


def is_swept(transfer: Transfer) -> bool:
    """True if the sweep looks at this paid transfer (`payouts.domain.looks`), so that it needs no place in `due`.

    It was paid for certain, by a status check on the day of its creation or the next. A later payment, or one that a
    notification or another answer contradicts, stays in the index.
    """
    first = transfer.reading.first_decided
    if transfer.status is not Status.SUCCESS or not transfer.is_final or first is None:
        return False
    return first.source is Source.STATUS_CHECK and day_of(first.at) <= day_after(day_of(transfer.created_at))


def needs_review(transfer: Transfer, now: int) -> bool:
    """True if a person should look at it: checks cannot settle it, or it is open for seven days."""
    if transfer.next_action in (NextAction.ASK_DOKU, NextAction.SETTLE):
        return True
    is_open = transfer.status not in ENDED
    return is_open and now - transfer.created_at >= REVIEW_AFTER


def infer_absence(transfer: Transfer, absence_after: int) -> Observation | None:
    """The observation that DOKU never got the transfer, once checks found no record for long enough; else None.

    Never after a sign of life or a notification. `absence_after` in milliseconds. A few answers within hours prove
    nothing: DOKU may execute a request late.
    """
    missing = transfer.reading.missing()
    is_known = transfer.reading.has_sign_of_life or any(seen.code in _DOKU_HAS_IT for seen in transfer.history)
    if transfer.status not in NOT_ACKNOWLEDGED or is_known or len(missing) < NOT_FOUND_TIMES:
        return None
    first, last = missing[0], missing[-1]
    window = last.at - first.at
    if window < absence_after + CLOCK_TOLERANCE:
        return None
    message = f"DOKU had no record of the transfer in any of its answers over {window // HOUR} hours"
    return Observation(last.at, Finding.NOT_RECEIVED, Source.STATUS_CHECK, NOT_RECEIVED, message, asked=last.asked)


def _next_while_open(transfer: Transfer, now: int, jitter: float, absence_after: int) -> int:
    slot = _next(_OPEN, transfer.created_at, now) or _next_day(transfer.created_at, now)
    slot += int((slot - now) * JITTER * jitter)
    if _was_silent(transfer):
        slot = min(slot, now + HOUR)
    missing = transfer.reading.missing()
    if not missing:
        return slot
    inferable = missing[0].at + absence_after + CLOCK_TOLERANCE
    return min(slot, inferable) if inferable > now else slot


def _next_after_end(transfer: Transfer, now: int) -> int | None:
    """A paid transfer may be refunded, and a notification that no status check confirms calls for further checks."""
    candidates = [_next_look(transfer, now)]
    reading = transfer.reading
    if reading.contradicting_notifications:
        at = reading.contradicting_notifications[-1].at
        candidates.append(_next(_NOTIFIED, at, now) or now + DAY)  # daily until a person or DOKU settles it
    else:
        notified_at = max((seen.at for seen in transfer.history if seen.finding is Finding.NOTIFIED), default=None)
        candidates.append(None if notified_at is None else _next(_NOTIFIED, notified_at, now))
    if not reading.is_final and not reading.contradicting_notifications:
        candidates.append(now + HOUR)  # a sign of life beside the payment: DOKU's next answer decides
    return min(filter(None, candidates), default=None)


def _next_look(transfer: Transfer, now: int) -> int | None:
    first = transfer.reading.first_decided
    if first is None:
        return None
    if transfer.status is Status.FAILED and not _may_be_wrong(transfer, first):
        return None
    if is_swept(transfer):
        return now + DAY if _look_failed(transfer, now) else None
    looks: tuple[int, ...] = _SETTLED if transfer.status is Status.SUCCESS else _DOUBTED
    return _next(looks, first.at, now) or (now + DAY if _was_silent(transfer) else None)


def _was_silent(transfer: Transfer) -> bool:
    """True if DOKU was asked last and nothing was learned, so that a refund may have been missed."""
    last = transfer.reading.last_check
    return last is not None and last.finding is Finding.UNCLEAR and last.code != OTHER_ACCOUNT


def _look_failed(transfer: Transfer, now: int) -> bool:
    """True if the last look at a swept transfer could not have seen a refund, so that it is repeated a day later.

    With another account configured, or a DOKU that has no record of it, that may last: a week after the last look it
    ends.
    """
    last = transfer.reading.last_check
    if last is not None and (last.code == OTHER_ACCOUNT or last.finding is Finding.NOT_FOUND):
        return now < transfer.created_at + _LOOKS_REPEATED
    return _was_silent(transfer)


def _may_be_wrong(transfer: Transfer, failure: Observation) -> bool:
    """A failure that no status check stated: inferred, decided by a person, or refused in a way that proves little."""
    is_weak_refusal = failure.finding is Finding.REFUSED and (
        _is_unauthorized(failure) or transfer.reading.has_sign_of_life
    )
    return failure.source is Source.OPERATOR or transfer.reading.is_inferred or is_weak_refusal


def _is_unauthorized(refused: Observation) -> bool:
    """True for a 401: it says nothing of the request itself."""
    return refused.code.startswith("401") or refused.code == "INVALID_TOKEN"


def _next(offsets: tuple[int, ...], start: int, now: int) -> int | None:
    return next((start + offset for offset in offsets if start + offset > now), None)


def _next_day(start: int, now: int) -> int:
    return start + ((now - start) // DAY + 1) * DAY
