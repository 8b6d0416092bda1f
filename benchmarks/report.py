"""The daily report of many transfers: speed, and memory that does not grow with their number."""

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import backing_services
from benchmarks.backing_services import BackingServices
from benchmarks.child_process import ChildProcess
from benchmarks.stored_transfers import ItemTemplate
from local.aws.session import REGION, local_session
from payouts.domain.schedule import DAY, HOUR
from payouts.domain.transfer import Finding

_DAYS = {10_000: "2024-09-17", 100_000: "2024-09-18"}
"""Transfers by day: the smaller one shows what memory the larger one adds."""
_BUCKET = "reports-of-the-benchmark"


def run(console: Console) -> Mapping[str, float]:
    """Write the report of each day in a process of its own."""
    table = Table(title="Daily report")
    for column in ("transfers", "invocations", "a second", "CPU, µs each", "peak memory, MB"):
        table.add_column(column, justify="right")
    figures: dict[str, float] = {}
    with backing_services.started(0.0) as services:
        _create_bucket(services)
        for transfers, day in _DAYS.items():
            measured = _report(services, transfers, int(datetime.fromisoformat(f"{day}T00:00:00+07:00").timestamp()))
            rate = transfers / measured["seconds"]
            cpu = f"{measured['cpuSeconds'] / transfers * 1e6:.0f}"
            table.add_row(
                f"{transfers:,}", str(measured["invocations"]), f"{rate:,.0f}", cpu, f"{measured['memory']:.0f}"
            )
            figures = {"report_transfers_per_second": rate, "report_memory_mb": measured["memory"]}
    console.print(table)
    return figures


def _report(services: BackingServices, transfers: int, midnight: int) -> dict[str, Any]:
    paid = ItemTemplate(services.shards, Finding.ACCEPTED, Finding.SUCCESS, due=False)
    apart = DAY // transfers
    services.loader.write(
        range(transfers), lambda number: paid.item(f"D{midnight}-{number:07d}", midnight * 1000 + number * apart)
    )
    now = midnight + (DAY + HOUR) // 1000
    with closing(ChildProcess("benchmarks.report_child", _environment(services), str(now))) as child:
        result = child.receive()
    if result["transfers"] != transfers:
        raise RuntimeError(f"the report should have {transfers} transfers: {result}")
    return result


def _create_bucket(services: BackingServices) -> None:
    s3 = local_session().client("s3", endpoint_url=services.environment["AWS_ENDPOINT_URL"])
    s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


def _environment(services: BackingServices) -> dict[str, str]:
    quiet = {"POWERTOOLS_LOG_LEVEL": "CRITICAL", "POWERTOOLS_METRICS_DISABLED": "true"}
    return {**services.environment, **quiet, "REPORT_BUCKET": _BUCKET}
