"""Lists the transfers of a day in pages, with an opaque cursor."""

import base64
import json
import re
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from doku_signing.timestamps import WIB
from payouts.domain.errors import ValidationFailed
from payouts.domain.transfer import Status, Transfer
from payouts.store import items
from payouts.store.transfers import TransferStore
from transfer_api.idempotency import checked_reference

_MAX_LIMIT = 100
_DEFAULT_LIMIT = 50
_MAX_INDEX_PAGES = 5
"""Pages of the index read by one call: listing a rare status may take several calls."""


def page(store: TransferStore, parameters: dict[str, str], now: float) -> dict[str, Any]:
    """One page of a day's transfers, newest first: `{"day", "transfers", "cursor"}`; `cursor` is None on the last page.

    Raises ValidationFailed naming a bad parameter.
    """
    day = checked_day(parameters.get("day") or _today(now))
    status = _status(parameters.get("status"))
    limit = _limit(parameters.get("limit"))
    start = _start(parameters["cursor"], day) if parameters.get("cursor") else None
    found: list[Transfer] = []
    for _ in range(_MAX_INDEX_PAGES):
        more, start = store.list_day(day, status, start, limit)
        found += more
        if start is None or len(found) >= limit:
            break
    if len(found) > limit:
        found = found[:limit]
        start = items.day_key(found[-1])
    return {"day": day, "transfers": found, "cursor": None if start is None else _cursor(start)}


def checked_day(text: str) -> str:
    """The day, if it is written as `2024-09-17`. Raises ValidationFailed if not."""
    with suppress(ValueError):
        if date.fromisoformat(text).isoformat() == text:
            return text
    raise ValidationFailed("day must be a date such as 2024-09-17")


def _today(now: float) -> str:
    return datetime.fromtimestamp(now, WIB).date().isoformat()


def _status(text: str | None) -> str | None:
    if text and text not in Status.__members__:
        raise ValidationFailed(f"status must be one of {', '.join(Status)}")
    return text or None


def _limit(text: str | None) -> int:
    if not text:
        return _DEFAULT_LIMIT
    if re.fullmatch("[0-9]{1,3}", text, re.ASCII) is None or not 1 <= int(text) <= _MAX_LIMIT:
        raise ValidationFailed(f"limit must be a whole number from 1 to {_MAX_LIMIT}")
    return int(text)


def _cursor(start: dict[str, Any]) -> str:
    position = [items.reference(start["pk"]), int(start["createdAt"])]
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _start(cursor: str, day: str) -> dict[str, Any]:
    try:
        reference, created_at = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        if type(created_at) is not int or items.day(created_at) != day:
            raise ValueError
        return {"pk": items.key(checked_reference(reference)), "day": day, "createdAt": created_at}
    except (ValueError, TypeError, OverflowError, OSError, RecursionError, ValidationFailed):
        raise ValidationFailed("cursor does not belong to this day; list again without a cursor") from None
