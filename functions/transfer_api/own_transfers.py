"""Pages for a caller that sees only its own transfers. Their cursors name no transfer of another caller."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from payouts.domain.transfer import Transfer
from payouts.store.creation_index import Entry, Position

_BATCH = 100
_MAX_READ = 1000
"""Entries after which a call ends at a full minute. Their transfers are read too: no index has callers."""
_MINUTE = 60_000


def page(
    entries: Iterator[Entry],
    read: Callable[[Sequence[str]], list[Transfer]],
    status: str | None,
    may_see: Callable[[Transfer], bool],
    limit: int,
) -> tuple[list[Transfer], Position | None]:
    """Up to `limit` transfers, newest first, and the position to continue from; None if there are no more.

    The position is that of the last transfer of the page, or, if the most entries were read, a full minute.
    """
    found: list[Transfer] = []
    minute = 0
    for number, (entry, transfer) in enumerate(_transfers(entries, read, status)):
        if number >= _MAX_READ and entry.position.created_at // _MINUTE != minute:
            return found, Position(minute * _MINUTE, "")
        minute = entry.position.created_at // _MINUTE
        if transfer is not None and status in (None, transfer.status) and may_see(transfer):
            if len(found) == limit:
                return found, Position(found[-1].created_at, found[-1].partner_reference_no)
            found.append(transfer)
    return found, None


def _transfers(
    entries: Iterator[Entry], read: Callable[[Sequence[str]], list[Transfer]], status: str | None
) -> Iterator[tuple[Entry, Transfer | None]]:
    """Every entry with its transfer; None for one that has another status."""
    while batch := list(islice(entries, _BATCH)):
        wanted = [entry.reference for entry in batch if status in (None, entry.status)]
        transfers = {one.partner_reference_no: one for one in read(wanted)}
        yield from ((entry, transfers.get(entry.reference)) for entry in batch)
