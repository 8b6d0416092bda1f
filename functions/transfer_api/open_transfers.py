"""Lists the transfers that are not final, over all days, from the `due` index.

The list goes by shard and reference, which never change. By the time of the next check, which each check moves, a
transfer could move from the pages to come to those that were read, and be in no page.
"""

from collections.abc import Callable, Iterator

from payouts.domain.transfer import Transfer
from payouts.store.due_index import READ_SHARDS, DueIndex
from payouts.store.transfers import TransferStore

_ALWAYS = 2**53
"""A time after every next check."""
_PAGE = 5000
"""Slots that one query reads: at most 0.5 MB, 60 read units."""
_BATCH = 100
_MAX_READ = 1000
"""Transfers read by one call. Final ones that only wait for a last check stand in the index too."""

Place = tuple[int, str]
"""A shard of the index and the last reference in it that was read."""


def page(
    index: DueIndex,
    store: TransferStore,
    after: Place,
    limit: int,
    may_see: Callable[[Transfer], bool] | None = None,
) -> tuple[list[Transfer], Place | None]:
    """Up to `limit` open transfers behind `after`, and the place to continue from; None after the last.

    With `may_see`, only those, and the place names no other: after the most reads it is the start of a shard.
    """
    found: list[Transfer] = []
    shard = after[0]
    for read, (place, transfer) in enumerate(_all(index, store, after)):
        if read >= _MAX_READ and may_see is not None and place[0] != shard:
            return found, (place[0], "")
        shard = place[0]
        if transfer is not None and not transfer.is_final and (may_see is None or may_see(transfer)):
            found.append(transfer)
            if len(found) == limit:
                return found, place
        if read + 1 >= _MAX_READ and may_see is None:
            return found, place
    return found, None


def _all(index: DueIndex, store: TransferStore, after: Place) -> Iterator[tuple[Place, Transfer | None]]:
    """Every transfer of the index behind `after`, with its place."""
    for shard in range(after[0], READ_SHARDS):
        behind = after[1] if shard == after[0] else ""
        references = sorted(each for each in _references(index, shard) if each > behind)
        for start in range(0, len(references), _BATCH):
            batch = references[start : start + _BATCH]
            transfers = {one.partner_reference_no: one for one in store.get_all(batch)}
            yield from (((shard, each), transfers.get(each)) for each in batch)


def _references(index: DueIndex, shard: int) -> set[str]:
    """All references of a shard. Where that takes several queries, a slot may move from the later ones to the earlier
    ones while they are read, if a notification brings a check forward: a second reading finds it."""
    first, queries = _read(index, shard)
    return first if queries == 1 else first | _read(index, shard)[0]


def _read(index: DueIndex, shard: int) -> tuple[set[str], int]:
    references: set[str] = set()
    start, queries = None, 0
    while queries == 0 or start is not None:
        slots, start = index.due(shard, _ALWAYS, _PAGE, start)
        references.update(slot.reference for slot in slots)
        queries += 1
    return references, queries
