"""Batches: write units a row on top of its transfer, and rows a second as a share of what DOKU's latency allows."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from boto3.session import Session
from rich.console import Console
from rich.table import Table

from benchmarks import batch_memory
from benchmarks.deployment import Deployment, running
from local.in_process.batches import Batches

_ROWS, _QUICK_ROWS = 1_000, 200
_WORKERS = 4
_INQUIRY = _TRANSFER = 0.5
"""Seconds that DOKU takes for an answer."""
_KINDS = frozenset({"BATCH", "FUNDS", "LIST"})


@dataclass
class _Writes:
    """Write units of the items of batches, by step."""

    units: Counter[str] = field(default_factory=Counter)
    step: str = ""

    def install(self, session: Session) -> None:
        session.events.register("before-parameter-build.dynamodb.*", _remember)
        session.events.register("after-call.dynamodb.*", self._count)

    def _count(self, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity", {})
        if context.get("kind") in _KINDS:
            tables = consumed if isinstance(consumed, list) else [consumed]
            self.units[self.step] += sum(each.get("CapacityUnits", 0.0) for each in tables)


def run(console: Console) -> Mapping[str, float]:
    """Pay a batch, count its writes, and pay another one with a slow DOKU. QUICK means fewer rows."""
    rows = _QUICK_ROWS if os.environ.get("QUICK") else _ROWS
    writes = _Writes()
    with running(writes.install) as deployment:
        _pay(deployment, writes, rows)
        share = _share(deployment, _WORKERS * 100)
    memory = batch_memory.measure()
    by_step = {step: units / rows for step, units in writes.units.items()}
    _print(console, by_step, share, memory)
    return {
        "write_units_batch_row": sum(by_step.values()),
        "batch_rows_per_second_share": share,
        "batch_check_memory_mb": memory,
    }


def _pay(deployment: Deployment, writes: _Writes, rows: int) -> None:
    """Pay a batch from its creation to its end."""
    batches, reference = Batches.start(deployment.world), "BENCH-WRITES"
    steps: dict[str, Callable[[], Any]] = {
        "create": lambda: batches.create(reference, *_rows(rows, 1_000_000)),
        "check": batches.work,
        "approve": lambda: (batches.submit(reference), batches.approve(reference)),
        "pay": batches.work,
        "settle": lambda: batches.pass_time(12),
    }
    for writes.step, act in steps.items():
        act()
    _expect(batches.get(reference)["status"], "DONE")
    writes.step = ""


def _share(deployment: Deployment, rows: int) -> float:
    """Rows a second of the workers, relative to what they could do if only DOKU took time."""
    world, reference = deployment.world, "BENCH-SHARE"
    batches = Batches.start(world)
    batches.approved(reference, *_rows(rows, 2_000_000))
    for operation, seconds in (("inquiry", _INQUIRY), ("transfer", _TRANSFER)):
        world.doku.fault(operation, "slow", seconds=seconds, times=None)
    workers = [threading.Thread(target=Batches.start(world).work) for _ in range(_WORKERS)]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.monotonic() - began
    world.doku.heal()
    _expect(batches.get(reference)["status"], "SETTLING")
    return rows / took / (_WORKERS / (_INQUIRY + _TRANSFER))


def _rows(count: int, first: int) -> list[dict[str, Any]]:
    return [
        {
            "customerNumber": "628115678890",
            "beneficiaryAccountNumber": str(first + number),
            "beneficiaryBankCode": "014",
            "beneficiaryAccountName": "MUHAMMAD ABDURRAHMAN WAHID",
            "remark": "Pembayaran gaji karyawan bulan September 2024",
            "amount": {"value": "200000.00", "currency": "IDR"},
        }
        for number in range(count)
    ]


def _remember(params: Mapping[str, Any], context: dict[str, Any], model: Any, **_: Any) -> None:
    """Keep the kind of the item that is written, of a transaction that of its first one."""
    if model.name in ("PutItem", "UpdateItem"):
        context["kind"] = _kind((params.get("Item") or params["Key"])["pk"])
    if model.name == "TransactWriteItems":
        (operation,) = params["TransactItems"][0].values()
        context["kind"] = _kind(operation["Key"]["pk"])


def _kind(pk: Mapping[str, str]) -> str:
    return pk["S"].partition("#")[0]


def _print(console: Console, by_step: Mapping[str, float], share: float, memory: float) -> None:
    table = Table("", "", title="Batches", show_header=False)
    for step, units in by_step.items():
        table.add_row(f"write units a row to {step}", f"{units:.2f}")
    table.add_row("write units a row, without its transfer", f"{sum(by_step.values()):.2f}")
    table.add_row(f"rows a second, of {_WORKERS} / (inquiry + transfer)", f"{share:.1%}")
    table.add_row(f"memory of reading and checking {batch_memory.ROWS:,} rows", f"{memory:.0f} MB")
    console.print(table)


def _expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise RuntimeError(f"got {found} instead of {wanted}")
