"""Notes of the support desk on a transfer: one item for each transfer that has any, apart from the transfer's own.

A note changes nothing about a transfer, so it needs no version of it and causes no event.
"""

from dataclasses import dataclass

from payouts.domain.errors import Mismatch, Throttled
from payouts.store.codec import Item
from payouts.store.table import ConditionFailed, Table

MOST_NOTES = 50
MOST_CHARACTERS = 500
_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Note:
    """What a person wrote at a time (milliseconds). `by` is the `sub` of the person's token."""

    at: int
    by: str
    text: str


class TransferNotes:
    """Notes by partnerReferenceNo, oldest first. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, reference: str) -> tuple[Note, ...]:
        """The notes on a transfer."""
        item = self._table.get(key(reference))
        return () if item is None else _decoded(item)

    def add(self, reference: str, note: Note) -> tuple[Note, ...]:
        """Add a note and return all. The same text by the same person again, as the last note, is a repeated request.

        Raises Mismatch if there are MOST_NOTES already.
        """
        for _ in range(_ATTEMPTS):
            item = self._table.get(key(reference))
            notes = () if item is None else _decoded(item)
            if notes and (notes[-1].by, notes[-1].text) == (note.by, note.text):
                return notes
            if len(notes) >= MOST_NOTES:
                raise Mismatch(f"the transfer has {MOST_NOTES} notes already")
            if self._put(reference, (*notes, note), item["version"] if item else 0):
                return (*notes, note)
        raise Throttled("too many simultaneous notes on this transfer; send the same request again in a moment")

    def erase(self, reference: str) -> bool:
        """Erase what was written and by whom. False if there are no notes.

        A note that is written after this call is kept.
        """
        for _ in range(_ATTEMPTS):
            item = self._table.get(key(reference))
            if item is None or not item["notes"]:
                return False
            if self._put(reference, (), item["version"]):
                return True
        raise Throttled("too many simultaneous notes on this transfer")

    def _put(self, reference: str, notes: tuple[Note, ...], version: int) -> bool:
        """Replace the notes of this version; 0 for none. False if another write came first."""
        cells = [[note.at, note.by, note.text] for note in notes]
        try:
            self._table.put_version({"pk": key(reference), "version": version + 1, "notes": cells})
        except ConditionFailed:
            return False
        return True


def key(reference: str) -> str:
    """The `pk` of a transfer's notes."""
    return f"NOTES#{reference}"


def _decoded(item: Item) -> tuple[Note, ...]:
    return tuple(Note(*cells) for cells in item["notes"])
