"""The rows of a chunk as one compressed value: DynamoDB charges for each kilobyte that is written.

Rows repeat the names of their fields, and much of their content. A hundred take 7 KB instead of 35. The value is text:
moto, which the tests and the local stack use, does not take binary values in a transaction.
"""

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from payouts.domain.batch_rows import BatchRow, Repaid, RowOutcome
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent
from payouts.store.codec import Item


def packed(rows: Sequence[BatchRow]) -> str:
    """The rows as they are stored: JSON, compressed, in Base64."""
    content = json.dumps([_row_item(row) for row in rows], separators=(",", ":"))
    return base64.b64encode(zlib.compress(content.encode())).decode()


def unpacked(stored: str) -> tuple[BatchRow, ...]:
    """The rows. Raises KeyError, TypeError or ValueError for anything else."""
    try:
        return tuple(_row(each) for each in json.loads(zlib.decompress(base64.b64decode(stored, validate=True))))
    except zlib.error as error:
        raise ValueError("the rows are not compressed") from error


def _row_item(row: BatchRow) -> Item:
    stored: dict[str, Any] = {
        "n": row.number,
        "intent": _intent_item(row.intent),
        "is": str(row.outcome),
        "problems": [list(each) for each in row.problems],
        "bank": row.bank_name,
        "match": row.name_match,
        "fee": None if row.fee is None else str(row.fee),
        "confirmed": row.confirmed,
        "twin": row.possible_duplicate,
        "twinConfirmed": row.duplicate_confirmed,
        "excluded": row.excluded,
        "repays": [[each.reference, each.origin] for each in row.repays],
    }
    return {name: value for name, value in stored.items() if value not in (None, "", [], False)}


def _row(item: Item) -> BatchRow:
    return BatchRow(
        number=item["n"],
        intent=_intent(item["intent"]) if "intent" in item else None,
        outcome=RowOutcome(item["is"]),
        problems=tuple((column, reason) for column, reason in item.get("problems", [])),
        bank_name=item.get("bank", ""),
        name_match=item.get("match", ""),
        fee=Rupiah.parse(item["fee"]) if "fee" in item else None,
        confirmed=item.get("confirmed", False),
        possible_duplicate=item.get("twin", ""),
        duplicate_confirmed=item.get("twinConfirmed", False),
        excluded=item.get("excluded", False),
        repays=tuple(Repaid(reference, origin) for reference, origin in item.get("repays", [])),
    )


def _intent_item(intent: Intent | None) -> Item | None:
    if intent is None:
        return None
    fields = {**asdict(intent), "amount": str(intent.amount)}
    return {name: value for name, value in fields.items() if value != ""}


def _intent(item: Item) -> Intent:
    """The intent. Fields that are not stored are empty; those of a batch that was forgotten are, too.

    Raises TypeError for a field that this version doesn't know, so that no row is paid without it after a rollback.
    """
    stored = {**item, "amount": Rupiah.parse(item["amount"])}
    return Intent(**{"session_id": "", "customer_number": "", "beneficiary_account_number": "", **stored})
