"""Opaque cursors: the place of the last transfer of a page in the order of its list, or one between transfers."""

import base64
import json

from payouts.domain.days import day_of
from payouts.domain.errors import ValidationFailed
from payouts.store.creation_index import Position
from transfer_api.idempotency import checked_reference


def of_position(selector: str, position: Position) -> str:
    """The cursor of a list in the order of creation. A position without a reference is one between transfers."""
    return _encoded(selector, position.created_at, position.reference)


def of_shard(selector: str, shard: int, reference: str) -> str:
    """The cursor of a list in the order of shards and references."""
    return _encoded(selector, shard, reference)


def position(selector: str, cursor: str) -> Position:
    """The position in a cursor. Raises ValidationFailed if it is not one of such a list."""
    created_at, reference = _decoded(selector, cursor)
    try:
        day_of(created_at)
    except (ValueError, OverflowError, OSError):  # no time at all
        raise _foreign() from None
    return Position(created_at, reference)


def shard(selector: str, cursor: str) -> tuple[int, str]:
    """The shard and the reference in a cursor. Raises ValidationFailed if it is not one of such a list."""
    return _decoded(selector, cursor)


def _encoded(selector: str, number: int, reference: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([selector, number, reference]).encode()).decode()


def _decoded(selector: str, cursor: str) -> tuple[int, str]:
    try:
        listed, number, reference = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        if listed != selector or type(number) is not int or number < 0:
            raise ValueError
        return number, "" if reference == "" else checked_reference(reference)
    except (ValueError, TypeError, RecursionError, ValidationFailed):
        raise _foreign() from None


def _foreign() -> ValidationFailed:
    return ValidationFailed("cursor does not belong to this list; list again without a cursor")
