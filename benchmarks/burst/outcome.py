"""Compares what the API has answered, what the table says and what DOKU has done."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.burst.doku import Execution
from local.in_memory.table import MemoryTable
from payouts.domain.transfer import Status, Transfer
from payouts.store import codec, items


def transfers(table: MemoryTable, references: Iterable[str] | None = None) -> dict[str, Transfer]:
    """The stored transfers by reference; of these references, if given."""
    prefix = items.key("")
    keys = (key for key in table.items if key.startswith(prefix)) if references is None else map(items.key, references)
    return {items.reference(key): items.decode(codec.decode(table.items[key])) for key in keys if key in table.items}


@dataclass(frozen=True)
class Outcome:
    """Numbers of transfers."""

    lost: int
    """Accepted, or paid by DOKU, without a record; or not final in the end."""
    failed_wrongly: int
    """Failed by the record but not at DOKU, or paid by the record but not at DOKU."""
    paid_twice: int
    statuses: Mapping[Status, int]

    @classmethod
    def of(
        cls, accepted: Iterable[str], stored: Mapping[str, Transfer], executed: Mapping[str, Sequence[Execution]]
    ) -> "Outcome":
        """Compare at the end, when the bank has decided about every execution."""
        lost = {*accepted, *executed} - stored.keys()
        open_still = {reference for reference, transfer in stored.items() if not transfer.is_final}
        wrong = [
            reference for reference, transfer in stored.items() if _is_wrong(transfer, executed.get(reference, ()))
        ]
        return cls(
            lost=len(lost | open_still),
            failed_wrongly=len(wrong),
            paid_twice=sum(len(executions) > 1 for executions in executed.values()),
            statuses=Counter(transfer.status for transfer in stored.values()),
        )


def _is_wrong(transfer: Transfer, executions: Sequence[Execution]) -> bool:
    """Whether a final status contradicts DOKU's ledger."""
    is_paid = any(execution.is_paid for execution in executions)
    return transfer.is_final and is_paid is not (transfer.status is Status.SUCCESS)
