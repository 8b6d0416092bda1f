"""Erase the personal data of final transfers and batches that were created before a day."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import typer

from payouts.domain.days import day_of, start_of
from payouts.domain.errors import PayoutError
from payouts.domain.forgetting import KEPT_DAYS, is_forgotten, may_be_forgotten
from payouts.domain.schedule import DAY
from payouts.store import items
from payouts.store.batch_keys import key as batch_key
from payouts.store.batch_keys import reference_of
from payouts.store.codec import decode, encode
from payouts.store.notes import TransferNotes, key
from payouts.store.transfers import TransferStore
from tools.deployment import Deployment, find
from tools.errors import UsageError
from tools.forget_batches import BatchEraser
from transfer_api.listing import checked_day

_THREADS = 8
_BATCH = 200
_LISTED = 20


@dataclass
class _Outcome:
    """References by what became of them, and how many forgotten transfers had notes left."""

    erased: int = 0
    kept: list[str] = field(default_factory=list)
    notes: int = 0
    batches: int = 0

    def text(self, deployment: str, dry_run: bool) -> str:
        done = "would be erased" if dry_run else "is erased"
        lines = [f"in {deployment}, the personal data of {self.erased} transfers {done}"]
        if self.batches:
            lines.append(f"so {'would be' if dry_run else 'is'} that of {self.batches} batches")
        if self.notes:
            lines.append(f"so are the notes on {self.notes} transfers that were erased before")
        if self.kept:
            lines.append(f"{len(self.kept)} are not final, or changed meanwhile, and keep theirs:")
            lines += [f"  {reference}" for reference in self.kept[:_LISTED]]
        return "\n".join(lines)


def forget(env: str, before: str, dry_run: bool, ask: bool) -> None:
    """Erase names, accounts, phone numbers, remarks, creators and notes, and print how many items that concerns.

    Raises UsageError for a day that is not at least KEPT_DAYS days ago, before anything is erased. It may be repeated.
    """
    now = int(time.time() * 1000)
    start = _start(before, now)
    deployment = find(env)
    if ask and not dry_run:
        typer.confirm(f"Erase the personal data of final transfers of {deployment.name} before {before}?", abort=True)
    print(_erase(deployment, start, now, dry_run).text(deployment.name, dry_run))


def _start(before: str, now: int) -> int:
    try:
        start = start_of(checked_day(before, "--before"))
    except PayoutError as error:
        raise UsageError(error.message) from error
    if start > now - KEPT_DAYS * DAY:
        latest = day_of(now - KEPT_DAYS * DAY)
        raise UsageError(f"--before must be {latest} or earlier: the data of {KEPT_DAYS} days are kept")
    return start


def _erase(deployment: Deployment, before: int, now: int, dry_run: bool) -> _Outcome:
    table = deployment.table()
    store, notes, outcome = TransferStore(table), TransferNotes(table), _Outcome()

    def erased(reference: str) -> bool:
        transfer = store.get(reference)
        if transfer is None or not may_be_forgotten(transfer, before, now):
            return False
        if dry_run:
            return True
        if not store.forget(transfer):
            return False
        notes.erase(reference)  # afterwards: from now on, it takes no note; notes left by a crash here are found again
        return True

    def notes_erased(reference: str) -> bool:
        transfer = store.get(reference)
        return transfer is not None and is_forgotten(transfer) and (dry_run or notes.erase(reference))

    batches = BatchEraser(deployment, before, now, dry_run)
    found = _found(deployment, before)
    with ThreadPoolExecutor(_THREADS) as threads:
        while some := list(islice(found, _BATCH)):
            transfers = [items.reference(pk) for pk in some if pk.startswith(items.key(""))]
            results = list(zip(transfers, threads.map(erased, transfers), strict=True))
            outcome.erased += sum(done for _, done in results)
            outcome.kept += [reference for reference, done in results if not done]
            noted = [pk.removeprefix(key("")) for pk in some if pk.startswith(key(""))]
            outcome.notes += sum(threads.map(notes_erased, noted))
            lists = [reference_of(pk) for pk in some if pk.startswith(batch_key(""))]
            done = list(zip(lists, threads.map(batches.erase, lists), strict=True))
            outcome.batches += sum(erased for _, erased in done)
            outcome.kept += [reference for reference, erased in done if not erased]
            print(f"{outcome.erased + len(outcome.kept):,} transfers", file=sys.stderr)
    return outcome


def _found(deployment: Deployment, before: int) -> Iterator[str]:
    """Keys of all transfers before a time that still have an account number or a creator, and of all notes."""
    pages = (
        deployment.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=deployment.outputs["TableName"],
            FilterExpression="begins_with(pk, :transfer) AND createdAt < :before"
            " AND (attribute_exists(account) OR attribute_exists(createdBy))"
            " OR begins_with(pk, :notes) AND size(notes) > :none"
            " OR begins_with(pk, :batch) AND createdAt < :before AND size(involved) > :none",
            ExpressionAttributeValues=encode(
                {":transfer": items.key(""), ":before": before, ":notes": key(""), ":batch": batch_key(""), ":none": 0}
            ),
            ProjectionExpression="pk",
        )
    )
    for page in pages:
        yield from (decode(item)["pk"] for item in page["Items"])
