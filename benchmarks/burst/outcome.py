"""Compares what the API has answered, what the table says and what DOKU has done."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.burst.doku import Execution
from local.in_memory.expressions import Item
from local.in_memory.table import MemoryTable
from payouts.domain.transfer import Status, Transfer
from payouts.store import codec, items

_PREFIX = items.key("")


def transfers(table: MemoryTable) -> dict[str, Transfer]:
    """The stored transfers by reference."""
    found = ((key, item) for key, item in table.items.items() if key.startswith(_PREFIX))
    return {items.reference(key): items.decode(codec.decode(item)) for key, item in found}


class Following:
    """Counts stored and open transfers again and again, and reads only those that have changed."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table
        self._final: dict[str, bool] = {}
        self._seen: dict[str, Item] = {}

    def count(self) -> tuple[int, int]:
        """The number of stored transfers, and of those that are not final."""
        for key, item in self._table.items.items():
            if key.startswith(_PREFIX) and self._seen.get(key) is not item:
                self._seen[key] = item
                self._final[key] = items.decode(codec.decode(item)).is_final
        return len(self._final), sum(not is_final for is_final in self._final.values())


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
