"""List batches, show one with its figures and history, and write its result as CSV."""

import csv
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from payouts.domain.batch import Batch
from payouts.domain.errors import PayoutError
from payouts.services.batch_result import HEADER, NOT_PAID, BatchResults, result_rows
from payouts.services.safe_csv import BOM
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.repayments import RepaymentStore
from tools.deployment import Deployment, find
from tools.errors import CommandError, UsageError
from tools.output import print_error, print_json
from transfer_api import batch_responses
from transfer_api.batch_listing import BatchLists


def list_batches(env: str, month: str, status: str, as_json: bool) -> None:
    """Print the batches of a month (WIB), newest first. Raises UsageError for a bad month or status."""
    lists = _lists(find(env))
    try:
        found = list(_pages(lists, {"month": month, "status": status}))
    except PayoutError as error:
        raise UsageError(error.message) from error
    if as_json:
        print_json(found)
        return
    if not found:
        print_error(f"{env} has no such batch")
    for each in found:
        reference, state, rows = each["batchReference"], each["status"], each["rows"]
        print(f"{reference:40} {state:18} {rows:>7,} rows  {each['createdAt']}  {each['createdBy'] or ''}")


def show(env: str, reference: str, as_json: bool) -> None:
    """Print a batch. Raises CommandError if there is none."""
    deployment = find(env)
    lists, batch = _lists(deployment), _batch(deployment, reference)
    summaries, total = lists.figures(batch)
    found = batch_responses.batch(batch, summaries, total, time.time())
    if as_json:
        print_json(found)
        return
    for name in ("batchReference", "status", "rows", "repays", "remark", "createdAt", "scheduledAt", "releasedAt"):
        if found[name] is not None:
            print(f"{name:16} {found[name]}")
    counted = {"payable": found["payable"], **found["statuses"], NOT_PAID: found["notPaid"]}
    for name, each in counted.items():
        print(f"{name:16} {each['count']:>7,} rows  {each['amount']['value']:>20} + {each['fees']['value']} fees")
    for each in found["history"]:
        print(f"{each['at']}  {each['action']:22} {each['by']:20} {each['note']}".rstrip())


def write_result(env: str, reference: str, to: Path | None, as_json: bool) -> None:
    """Write what became of each row as of now: as CSV to a file or standard output, or as JSON."""
    deployment = find(env)
    batch = _batch(deployment, reference)
    lines = _result(deployment, batch)
    if as_json:
        print_json(list(csv.DictReader(lines)))
    elif to is None:
        sys.stdout.writelines(lines)
    else:
        with to.open("w", encoding="utf-8", newline="") as file:
            file.write(BOM)
            file.writelines(lines)


def _result(deployment: Deployment, batch: Batch) -> Iterator[str]:
    """The parts of the file, without the BOM, which a terminal would show. Each is some whole lines."""
    now = int(time.time() * 1000)
    yield HEADER.removeprefix(BOM)
    for chunk in BatchResults(ChunkStore(deployment.table()), deployment.transfers()).read(batch):
        for line in chunk.lines:
            yield result_rows([line], now)


def _pages(lists: BatchLists, given: dict[str, str]) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = lists.page({**given, "cursor": cursor, "limit": "100"}, time.time())
        yield from page["batches"]
        cursor = page["cursor"]


def _batch(deployment: Deployment, reference: str) -> Batch:
    batch = BatchStore(deployment.table()).get(reference)
    if batch is None:
        raise CommandError(f"{deployment.name} has no batch {reference}")
    return batch


def _lists(deployment: Deployment) -> BatchLists:
    table = deployment.table()
    return BatchLists(BatchStore(table), ChunkStore(table), deployment.transfers(), RepaymentStore(table))
