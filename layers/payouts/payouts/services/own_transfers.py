"""The transfers of a batch's rows."""

from collections.abc import Callable, Iterable, Sequence

from payouts.domain.batch_rows import BatchRow, origin
from payouts.domain.transfer import Transfer


def own_transfers(
    reference: str, rows: Iterable[BatchRow], read: Callable[[Sequence[str]], Iterable[Transfer]]
) -> dict[int, Transfer]:
    """The transfers that these rows of a batch have created, by row. One of another origin is none of theirs.

    `read` finds transfers by their references.
    """
    numbers = {row.intent.partner_reference_no: row.number for row in rows if row.intent and row.is_payable}
    found = {numbers[each.partner_reference_no]: each for each in read(list(numbers))}
    return {number: each for number, each in found.items() if each.origin == origin(reference, number)}
