"""What a table of the model says about its batch, independently of the product's seals and summaries."""

from collections.abc import Iterator
from dataclasses import replace

from payouts.domain.batch import Batch
from payouts.domain.batch_rows import BatchRow, checked_summary
from payouts.domain.transfer import Transfer
from payouts.store import batches, chunk_items
from payouts.store.batch_keys import key
from payouts.store.packed_rows import packed, unpacked
from tests.verification.batch_model.outside import OTHER_NAME
from tests.verification.batch_model.parts import REFERENCE, Content
from tests.verification.model.world import World

_BATCH = key(REFERENCE)
_ROWS, _PAGE, _REASONS = (f"{_BATCH}#{kind}#" for kind in ("ROWS", "PAGE", "NOT_PAID"))


def batch(world: World, table: int) -> Batch:
    """The batch as stored."""
    return batches.decode(world.items[dict(world.tables[table])[_BATCH]])


def rows(world: World, table: int) -> list[BatchRow]:
    """All stored rows, in order."""
    found = [row for _, number in _of(world, table, _ROWS) for row in unpacked(world.items[number]["rows"])]
    return sorted(found, key=lambda row: row.number)


def content(world: World, table: int) -> Content:
    """What would be paid, to whom, and under which name at the bank."""
    return tuple(
        (each.partner_reference_no, each.beneficiary_account_number, each.amount.sen, row.bank_name)
        for row in rows(world, table)
        if row.is_payable and (each := row.intent)
    )


def reasons(world: World, table: int) -> set[int]:
    """The rows that have a reason why they are not paid."""
    return {int(row) for _, number in _of(world, table, _REASONS) for row in world.items[number]["reasons"]}


def states(world: World, table: int) -> list[chunk_items.ChunkState]:
    """The summaries and leases of all chunks."""
    merged = {name: value for _, number in _of(world, table, _PAGE) for name, value in world.items[number].items()}
    chunks = sum(1 for _ in _of(world, table, _ROWS))
    return [chunk_items.decode_state(merged, index) for index in range(chunks)]


def leases(world: World, table: int) -> list[int]:
    """When the leases end that workers have, in milliseconds."""
    return [each.lease for each in states(world, table) if each.lease]


def transfers(world: World, table: int) -> dict[str, Transfer]:
    """All transfers by reference."""
    return {reference: world.transfer(number) for reference, number in world.transfers(table)}


def with_another_name(world: World, table: int) -> int:
    """The table whose first chunk was changed by other means: another name of the bank, and the summary of that."""
    entries = dict(world.tables[table])
    item, page = dict(world.items[entries[f"{_ROWS}0"]]), dict(world.items[entries[f"{_PAGE}0"]])
    changed = [replace(row, bank_name=OTHER_NAME) for row in unpacked(item["rows"])]
    item["rows"] = packed(changed)
    page["c0"] = chunk_items.encode_summary(checked_summary(changed))
    renewed = {f"{_ROWS}0": world.items.number(item), f"{_PAGE}0": world.items.number(page)}
    return world.table(entries | renewed)


def _of(world: World, table: int, prefix: str) -> Iterator[tuple[str, int]]:
    return ((pk, number) for pk, number in world.tables[table] if pk.startswith(prefix))
