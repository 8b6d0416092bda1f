"""Batches: what a row and its transfer use, and rows a second as a share of what DOKU's latency allows."""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from boto3.session import Session
from rich.console import Console
from rich.table import Table

from benchmarks import batch_memory
from benchmarks.deployment import Deployment, running
from local.in_process.batches import Batches
from payouts.services.row_threads import ROWS_AT_ONCE

_ROWS, _QUICK_ROWS = 1_000, 200
_WORKERS = 2
"""`BatchConcurrency` of the template, each with `ROWS_AT_ONCE` rows."""
_INQUIRY = _TRANSFER = 0.5
"""Seconds that DOKU takes for an answer."""
_KINDS = frozenset({"BATCH", "FUNDS", "LIST"})
_NOT_OF_ROWS = frozenset({"TOKEN", "LEASE", "SWEEP"})
_SETTLED = 15
"""Minutes until all transfers were found paid, and the final result is written."""

_STEPS = ("create", "check", "approve", "pay", "settle")
_BANKS = ("014", "002", "008", "009")
_NAMES = list(
    product(
        ("MUHAMMAD", "SITI", "BUDI", "DEWI", "AGUS", "RINA", "TRI", "HENDRA", "PUTRI", "YUSUF"),
        ("ABDURRAHMAN", "NURHALIZA", "SANTOSO", "LESTARI", "PRASETYO", "WULANDARI", "KURNIAWAN", "HANDAYANI"),
        ("WAHID", "RAHAYU", "WIBOWO", "SIREGAR", "NASUTION", "SIMANJUNTAK", "HIDAYAT", "GUNAWAN", "SAPUTRA"),
    )
)
"""Rows differ as those of a payroll do: what they repeat is compressed."""


@dataclass
class _Writes:
    """Write units of the items of batches, and of the transfers, by step."""

    units: Counter[str] = field(default_factory=Counter)
    transfers: Counter[str] = field(default_factory=Counter)
    step: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def install(self, session: Session) -> None:
        session.events.register("before-parameter-build.dynamodb.*", _remember)
        session.events.register("after-call.dynamodb.*", self._count)

    def _count(self, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity", {})
        kind = context.get("kind")
        if kind is None or kind in _NOT_OF_ROWS:
            return
        tables = consumed if isinstance(consumed, list) else [consumed]
        counted = self.units if kind in _KINDS else self.transfers
        with self._lock:  # the worker has threads
            counted[self.step] += sum(each.get("CapacityUnits", 0.0) for each in tables)


def run(console: Console) -> Mapping[str, float]:
    """Pay a batch, count what it uses, and pay another one with a slow DOKU. QUICK means fewer rows."""
    rows = _QUICK_ROWS if os.environ.get("QUICK") else _ROWS
    counted = count(console, rows)
    with running() as deployment:
        share = _share(deployment, _WORKERS * 200)
    memory = batch_memory.measure()
    table = Table("", "", title="Workers of batches", show_header=False)
    table.add_row(f"rows a second, of {_WORKERS} x {ROWS_AT_ONCE} / (inquiry + transfer)", f"{share:.1%}")
    table.add_row(f"memory of reading and checking {batch_memory.ROWS:,} rows", f"{memory:.0f} MB")
    console.print(table)
    return {**counted, "batch_rows_per_second_share": share, "batch_check_memory_mb": memory}


def count(console: Console, rows: int) -> Mapping[str, float]:
    """Pay a batch of so many rows, and count the capacity and the log of each. Nothing is timed."""
    writes = _Writes()
    with running(writes.install) as deployment:
        reads, log = _pay(deployment, writes, rows)
    table = Table("", "write units", "of its transfer", "read units", title="A row of a batch")
    for step in (*_STEPS, "tick"):
        units = (writes.units[step], writes.transfers[step], reads[step])
        table.add_row(step, *(f"{each / rows:.2f}" for each in units))
    console.print(table)
    return {
        "write_units_batch_row": writes.units.total() / rows,
        "write_units_batch_transfer": writes.transfers["pay"] / rows,
        "read_units_batch_row": reads.total() / rows,
        "log_bytes_batch_row": log / rows,
    }


def _pay(deployment: Deployment, writes: _Writes, rows: int) -> tuple[Counter[str], int]:
    """Pay a batch from its creation to its end. Returns its read units by step, and bytes of log, but for ticks."""
    batches, reference = Batches.start(deployment.world), "BENCH-WRITES"
    reads, log = Counter[str](), 0

    def counted(step: str, act: Callable[[], Any]) -> None:
        nonlocal log
        writes.step = step
        deployment.capacity.reset()
        deployment.log.reset()
        act()
        reads[step] += deployment.capacity.read  # type: ignore[assignment]
        log += deployment.log.bytes

    create, check, approve, pay, settle = _STEPS
    counted(create, lambda: batches.create(reference, *_rows(rows, 1_000_000)))
    counted(check, batches.work)
    counted(approve, lambda: (batches.submit(reference), batches.approve(reference)))
    counted(pay, batches.work)
    for _ in range(_SETTLED):
        writes.step = "tick"
        deployment.world.clock.advance(61)
        deployment.world.tick()
        counted(settle, batches.work)
    _expect(batches.get(reference)["status"], "DONE")
    return reads, log


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
    return rows / took / (_WORKERS * ROWS_AT_ONCE / (_INQUIRY + _TRANSFER))


def _rows(count: int, first: int) -> list[dict[str, Any]]:
    return [
        {
            "customerNumber": f"6281{(7_919 * (first + number)) % 10**8:08}",
            "beneficiaryAccountNumber": f"{(104_729 * (first + number)) % 10**10:010}",
            "beneficiaryBankCode": _BANKS[number % len(_BANKS)],
            "beneficiaryAccountName": " ".join(_NAMES[7 * number % len(_NAMES)]),
            "remark": "Pembayaran gaji karyawan bulan September 2024",
            "amount": {"value": f"{150_000 + 37_913 * number % 50_000}.00", "currency": "IDR"},
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


def _expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise RuntimeError(f"got {found} instead of {wanted}")
