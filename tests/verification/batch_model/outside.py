"""The outside of batches: reads of several items, transactions, the balance, and a bank that may rename an account."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from payouts.store.codec import Item
from payouts.store.transaction import Write
from tests.verification.model import doku
from tests.verification.model.doku import MOVED, Answer, Fate, Ledger, Sent, Words, snap
from tests.verification.model.expressions import holds, updated
from tests.verification.model.outside import ModelTable, Request
from tests.verification.model.world import Effect, Outer, World

NAME = "Suhut"
"""The holder of every account."""
OTHER_NAME = "ANOTHER"
AMOUNT = 20_000_000
"""Of every row, in sen."""


class BatchTable(ModelTable):
    """A `Table` that also reads several items and carries out transactions."""

    def get_all(self, pks: Sequence[str], consistent: bool = True) -> list[Item]:
        """As `Table.get_all`."""
        found: list[Item] = self._outside.call(Request("get_all", values={"pks": tuple(pks)}))
        return found

    def transact(self, *writes: Write) -> None:
        """As `Table.transact`."""
        self._outside.call(Request("transact", values={"writes": writes}))


class QueuedTasks:
    """The part of an SQS client that the driver uses. The model delivers any message at any time."""

    def __init__(self) -> None:
        self.chunks: list[int] = []

    def send_message_batch(self, **arguments: Any) -> dict[str, Any]:
        """Note the chunks."""
        self.chunks += [json.loads(each["MessageBody"])["chunk"] for each in arguments["Entries"]]
        return {"Successful": arguments["Entries"]}


class BatchWorld(World):
    """The effects of calls. `deposit`: the balance at the start, in sen. If it `renames`, the bank may name another
    holder in any answer."""

    def __init__(self, deposit: int, renames: bool = False, faults: bool = True) -> None:
        super().__init__(words=Words.NONE)
        self._deposit = deposit
        self._renames = renames
        self._faults = faults

    def balance(self, ledger: Ledger) -> int:
        """What is left, in sen."""
        return self._deposit - AMOUNT * sum(sent.fate in MOVED for sent in ledger)

    def effects(self, request: Request, outer: Outer) -> Iterator[Effect]:
        """All possible outcomes of a call; without faults, those of a healthy world."""
        found = self._batch_effects(request, outer)
        return (effect for effect in found if self._faults or not effect.faults)

    def _batch_effects(self, request: Request, outer: Outer) -> Iterator[Effect]:
        values = request.values or {}
        if request.what == "get_all":
            entries = dict(self.tables[outer.table])
            numbers = tuple(entries[pk] for pk in values["pks"] if pk in entries)
            yield Effect("read", "items", numbers, [self.items[each] for each in numbers], outer)
            yield Effect("throttled", "throttled", None, None, outer, faults=1)
        elif request.what == "transact":
            yield from self._transaction(values["writes"], outer)
        else:
            yield from super().effects(request, outer)

    def _transaction(self, writes: Sequence[Write], outer: Outer) -> Iterator[Effect]:
        entries = dict(self.tables[outer.table])
        standing = {each.pk: self.items[entries[each.pk]] if each.pk in entries else None for each in writes}
        if not all(holds(each.condition, each.names, each.values, standing[each.pk]) for each in writes):
            yield Effect("the condition fails", "failed", None, None, outer)
            return
        for each in writes:
            if each.expression:
                after = updated(each.expression, each.names, each.values, standing[each.pk] or {"pk": each.pk})
                entries[each.pk] = self.items.number(after)
        changed = outer._replace(table=self.table(entries))
        yield Effect("written", "item", None, None, changed)
        yield Effect("written, and the reply is lost", "lost", None, None, changed, faults=1)

    def _ask(self, request: Request, outer: Outer) -> Iterator[Effect]:
        ledger = self.ledgers[outer.ledger]
        for answer in self._answers(request, ledger):
            changed = outer
            if answer.fate is not None:
                sent = Sent(doku.reference_in(request), request.external_id, outer.now, answer.fate)
                changed = self.with_ledger(outer, (*ledger, sent))
            yield Effect(f"DOKU {answer.words}", answer.kind, answer.value, answer.value, changed, answer.faults)

    def _answers(self, request: Request, ledger: Ledger) -> Iterator[Answer]:
        body: Mapping[str, Any] = json.loads(request.body)
        match request.what:
            case "transfer-bank":
                named = doku.names_of(body["partnerReferenceNo"])
                yield Answer("takes it", "said", snap(200, "2004300", "Successful", **named), Fate.UNPAID)
                yield Answer("takes it and does not reply", "no reply", None, Fate.UNPAID, faults=1)
            case "bank-account-inquiry":
                for name in (NAME, OTHER_NAME) if self._renames else (NAME,):
                    session = f"{doku.INQUIRED}{body['partnerReferenceNo']}"
                    fields = {"sessionId": session, "beneficiaryAccountName": name}
                    yield Answer(f"names {name}", "said", snap(200, "2004200", "Successful", **fields))
            case "balance-inquiry":
                left = {"value": f"{self.balance(ledger) // 100}.00", "currency": "IDR"}
                infos = {"availableBalance": left}
                yield Answer("says the balance", "said", snap(200, "2001100", "Successful", accountInfos=infos))
            case _:
                yield doku.answers(request, ledger, 0, True, Words.NONE)[0]
