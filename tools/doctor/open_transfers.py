"""Check that open transfers were sent with the current settings."""

from collections.abc import Iterator

from payouts.domain.errors import PayoutError
from payouts.domain.transfer import DokuAccount, Transfer
from payouts.store.due_index import READ_SHARDS, DueIndex
from payouts.store.table import Table
from payouts.store.transfers import TransferStore
from tools.doctor.finding import Finding, ok, warning, wrong

_CHECKED = 100
"""Transfers of each shard of the due index, those due first."""
_NEVER = 2**53


def check(table: Table, account: DokuAccount) -> Iterator[Finding]:
    """Warn about open transfers that were sent with other settings: DOKU is not asked about them."""
    try:
        found = _open(table)
    except PayoutError as error:
        yield wrong("open transfers", error.message, "You need dynamodb:Query on the due index and dynamodb:GetItem.")
        return
    others = [one.partner_reference_no for one in found if one is not None and one.sent_to not in (None, account)]
    if not others:
        yield ok(
            "open transfers", f"{len(found)} checked; all were sent with the current host, client id and path prefix"
        )
        return
    yield warning(
        "open transfers",
        f"{len(others)} of {len(found)} were sent with another host, client id or path prefix, such as {others[0]}",
        "DOKU is not asked about them: it would not find them there. Restore the former values until they are final,"
        " or ask DOKU and settle them (make settle).",
    )


def _open(table: Table) -> list[Transfer | None]:
    index, store = DueIndex(table), TransferStore(table)
    slots = [slot for shard in range(READ_SHARDS) for slot in index.due(shard, _NEVER, _CHECKED)[0]]
    return [store.get(slot.reference) for slot in slots]
