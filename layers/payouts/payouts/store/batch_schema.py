"""The schema of the items of batches. Those of a newer version are shown by their status alone, and never changed."""

from collections.abc import Iterator
from contextlib import contextmanager

from payouts.domain.errors import Unavailable
from payouts.store.codec import Item

SCHEMA = 1


class NewerVersion(Unavailable):
    """A newer version of this software wrote the batch; only that version can read, drive or pay it."""


@contextmanager
def reading(item: Item) -> Iterator[None]:
    """Read an item. Raises NewerVersion if its schema is newer, or if it has values that this version doesn't know."""
    if item.get("schema", SCHEMA) > SCHEMA:
        raise NewerVersion(_MESSAGE)
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise NewerVersion(_MESSAGE) from error


_MESSAGE = "a newer version of this software wrote this batch; deploy that version"
