"""The outside: table, DOKU's ledger and queue. Every call has a set of possible answers; the faultless one is first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from payouts.domain import looks
from payouts.domain.transfer import Transfer
from payouts.store import items
from tests.verification.model import doku
from tests.verification.model.doku import Answer, Ledger, Sent, Words
from tests.verification.model.expressions import holds, updated
from tests.verification.model.interned import Interned, Items
from tests.verification.model.outside import Request

Pairs = tuple[tuple[str, int], ...]
"""A table: pairs of `pk` and item number, sorted."""


class Outer(NamedTuple):
    """The outside at one time without the queue: numbers of a table and a ledger, and the time."""

    now: int
    table: int
    ledger: int


@dataclass(frozen=True, slots=True)
class Effect:
    """One possible outcome of a call. `key` identifies `value`, which may not be hashable."""

    words: str
    kind: str
    key: Any
    value: Any
    outer: Outer
    faults: int = 0
    written: tuple[int | None, int] | None = None
    """Numbers of a transfer's item before and after a write; None without one."""
    said: Answer | None = None
    """DOKU's answer; None for other calls."""


class World:
    """All tables and ledgers so far, and the effects of calls on them."""

    def __init__(self, patient: bool = True, words: Words = Words.EVERY, sweeps: bool = False) -> None:
        self.items = Items()
        self.tables: Interned[Pairs] = Interned()
        self.ledgers: Interned[Ledger] = Interned()
        self._patient = patient
        self._words = words
        self._sweeps = sweeps
        self._transfers: dict[int, Transfer] = {}

    def table(self, entries: Mapping[str, int]) -> int:
        """The number of a table."""
        return self.tables.number(tuple(sorted(entries.items())))

    def with_ledger(self, outer: Outer, ledger: Ledger) -> Outer:
        """The same outside with another ledger."""
        return outer._replace(ledger=self.ledgers.number(ledger))

    def transfer(self, number: int) -> Transfer:
        """An item's transfer."""
        if number not in self._transfers:
            self._transfers[number] = items.decode(self.items[number])
        return self._transfers[number]

    def transfers(self, table: int) -> list[tuple[str, int]]:
        """Reference and item of every transfer."""
        return [(items.reference(pk), number) for pk, number in self.tables[table] if pk.startswith("TRANSFER#")]

    def next_times(self, table: int, now: int, ahead: Iterable[int] = (0,)) -> list[int]:
        """Times after now at which an item is due or expires, by clocks that are ahead by these milliseconds."""
        unused = f"SESSION#{doku.INQUIRED}"  # these sessions are used when they are stored
        found = (self.items[number] for pk, number in self.tables[table] if not pk.startswith(unused))
        times = [_until(item) for item in found]
        times += self.sweep_times(table) if self._sweeps else []
        return sorted({at - offset for at in times for offset in ahead if at - offset > now})

    def sweep_times(self, table: int) -> list[int]:
        """When the looks begin that are still to come at paid transfers outside the `due` index."""
        entries = dict(self.tables[table])
        paid = [self.items[number] for pk, number in entries.items() if pk.startswith("TRANSFER#")]
        times = []
        for item in paid:
            if item["status"] == "SUCCESS" and "nextCheckAt" not in item:
                day, shard = item["day"].split("#")
                reached = [entries.get(f"SWEEP#{look}#{shard}") for look in looks.LOOKS]
                times += [
                    looks.due_at(day, look)
                    for look, number in zip(looks.LOOKS, reached, strict=True)
                    if number is None or self.items[number]["sweptDay"] <= day
                ]
        return times

    def is_due(self, table: int, now: int) -> bool:
        """True if a poller would find a transfer to check."""
        if self._sweeps and any(at <= now for at in self.sweep_times(table)):
            return True
        found = (self.items[number] for _, number in self.tables[table])
        return any(0 < item.get("nextCheckAt", 0) <= now and item["schema"] <= items.SCHEMA for item in found)

    def effects(self, request: Request, outer: Outer) -> Iterator[Effect]:
        """All possible outcomes of a call."""
        if request.what == "get":
            number = dict(self.tables[outer.table]).get(request.pk)
            yield Effect("read", "item", number, None if number is None else self.items[number], outer)
        elif request.what == "query":
            found = tuple(self._found(request, outer.table))
            yield Effect(f"found {len(found)}", "items", found, [self.items[number] for number in found], outer)
        elif request.writes:
            yield from self._write(request, outer)
            return
        else:
            yield from self._ask(request, outer)
            return
        yield Effect("throttled", "throttled", None, None, outer, faults=1)

    def _found(self, request: Request, table: int) -> Iterator[int]:
        values = request.values or {}
        for _, number in self.tables[table]:
            item = self.items[number]
            if request.pk == "by-reference":
                if item.get("referenceNo") == values[":reference"]:
                    yield number
            elif request.pk == "by-day":
                if item.get("day") == values[":value"] and item["createdAt"] >= values[":at"]:
                    yield number
            elif request.pk == "by-account":
                if item.get("account") == values[":value"]:
                    yield number
            elif item.get("dueShard") == values[":shard"] and item["nextCheckAt"] <= values[":now"]:
                yield number

    def _write(self, request: Request, outer: Outer) -> Iterator[Effect]:
        entries = dict(self.tables[outer.table])
        before = entries.get(request.pk)
        after = self._after(request, before)
        if after is None:
            standing = None if before is None else self.items[before]
            yield Effect("the condition fails", "failed", before, standing, outer)
        else:
            written = (before, after) if request.pk.startswith("TRANSFER#") else None
            changed = outer._replace(table=self.table(entries | {request.pk: after}))
            yield Effect("written", "item", after, self.items[after], changed, written=written)
            yield Effect("written, and the reply is lost", "lost", None, None, changed, faults=1, written=written)
        yield Effect("throttled", "throttled", None, None, outer, faults=1)

    def _after(self, request: Request, before: int | None) -> int | None:
        item = None if before is None else self.items[before]
        names, values = request.names or {}, dict(request.values or {})
        if not holds(request.condition, names, values, item):
            return None
        if request.item is not None:
            return self.items.number(dict(request.item))
        return self.items.number(updated(request.expression, names, values, item or {"pk": request.pk}))

    def _ask(self, request: Request, outer: Outer) -> Iterator[Effect]:
        ledger = self.ledgers[outer.ledger]
        for answer in doku.answers(request, ledger, outer.now, self._patient, self._words):
            changed = outer
            if answer.fate is not None:
                reference = doku.reference_in(request)
                answered = answer.value[0] if answer.value else 0
                sent = Sent(reference, request.external_id, outer.now, answer.fate, answered, answer.denies)
                changed = self.with_ledger(outer, (*ledger, sent))
            words = f"DOKU {answer.words}"
            yield Effect(words, answer.kind, answer.value, answer.value, changed, answer.faults, said=answer)


def _until(item: Mapping[str, Any]) -> int:
    """When an item is due or ends, in milliseconds; 0 for never."""
    return int(item.get("nextCheckAt") or item.get("heldUntil") or item.get("validUntil", 0) * 1000)
