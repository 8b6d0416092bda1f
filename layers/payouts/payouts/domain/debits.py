"""Whether and when DOKU took the money of a transfer, and returned it. Pure; times in milliseconds."""

from payouts.domain.money import Rupiah
from payouts.domain.observation import Finding, Observation, Source
from payouts.domain.status import RETURNED
from payouts.domain.transfer import ENDED, Status, Transfer

_TAKEN = frozenset({Finding.ACCEPTED, Finding.UNPAID, Finding.SUCCESS, Finding.FAILED, Finding.REFUNDED})
_NO_DEBIT = frozenset({Finding.SUBMITTING, Finding.REFUSED, Finding.NOT_SENT, Finding.RESENT, Finding.NOT_FOUND})
_RETURNED = frozenset({Finding.FAILED, Finding.REFUNDED})


def taken_at(transfer: Transfer) -> int | None:
    """The time by which DOKU had taken the money, by its own word or an operator's; None if it may not have."""
    words = [seen.at for seen in _words(transfer)]
    if words:
        return min(words)
    verdict = transfer.reading.verdict
    return verdict.at if verdict and transfer.status in (Status.SUCCESS, Status.REFUNDED) else None


def is_never_taken(transfer: Transfer) -> bool:
    """True if the transfer has ended and DOKU never had it. Unknown where a newer version wrote the history."""
    return not transfer.newer_status and transfer.status in ENDED and taken_at(transfer) is None


def fee_of(transfer: Transfer) -> Rupiah | None:
    """The fee that DOKU stated; None if it stated none, or if it refused or never got every request.

    An inference, a decision, a notification or a check without a clear answer leaves open whether a fee was taken.
    """
    refused = transfer.status is Status.FAILED and not transfer.newer_status and not transfer.doku_reference_no
    return None if refused and {seen.finding for seen in transfer.history} <= _NO_DEBIT else transfer.fee


def charged_fee(transfer: Transfer) -> Rupiah | None:
    """The fee that DOKU charged: 0 if it refused or never got every request. None if it stated none."""
    return transfer.fee and (fee_of(transfer) or Rupiah(0))


def is_returned_by_decision(transfer: Transfer) -> bool:
    """True if only an operator says that DOKU took the money and returned it. What became of the fee is not said."""
    return transfer.status is Status.REFUNDED and not _words(transfer)


def returned_between(transfer: Transfer) -> tuple[int, int] | None:
    """The times after which and by which DOKU returned the amount, by its own word; None if it did not say so.

    An operator's decision moves no money. DOKU's contradicting words prove nothing.
    """
    if transfer.status not in RETURNED:
        return None
    words = _words(transfer)
    said = [seen for seen in words if seen.finding in _RETURNED]
    if not said:
        return None
    first = min(said, key=lambda seen: seen.at)
    before = (seen.at for seen in words if seen.finding not in _RETURNED and seen.seq < first.seq)
    return max(before, default=transfer.created_at), first.at


def _words(transfer: Transfer) -> list[Observation]:
    answers = (seen for seen in transfer.history if seen.source in (Source.SUBMIT, Source.STATUS_CHECK))
    return [seen for seen in answers if seen.finding in _TAKEN]
