"""The invariants that can be checked with DOKU's ledger and answers at any time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from payouts.domain.schedule import needs_review
from payouts.domain.transfer import Finding, NextAction, Source, Transfer
from tests.stateful.orders import Order
from tests.stateful.snapshot import Json, Snapshot, day, word

_SETTLED = frozenset({"SUCCESS", "FAILED", "REFUNDED"})
_MAY_BECOME: Mapping[str, frozenset[str]] = {
    "SUBMITTING": frozenset({"IN_DOUBT", "ACCEPTED", "UNPAID", "DISPUTED", *_SETTLED}),
    "IN_DOUBT": frozenset({"ACCEPTED", "UNPAID", "DISPUTED", *_SETTLED}),
    "ACCEPTED": frozenset({"UNPAID", "DISPUTED", *_SETTLED}),
    "UNPAID": frozenset({"DISPUTED", *_SETTLED}),
    "SUCCESS": frozenset({"DISPUTED", "REFUNDED"}),
    "FAILED": frozenset({"DISPUTED", "REFUNDED"}),
    "DISPUTED": frozenset({"REFUNDED"}),
    "REFUNDED": frozenset(),
}
END_OF = {"PAID": "SUCCESS", "FAILED": "FAILED", "REFUNDED": "REFUNDED"}
"""Our status for each final state of a transfer at DOKU."""
_CLAIMED = {"50": "SUCCESS", "35": "FAILED", "40": "REFUNDED"}
_ADVISES_PAYMENT = (NextAction.TOP_UP, NextAction.CORRECT_AND_RESEND)
_WINDOW = 72 * 3600
_TIMES = 6
_TOKEN_SECONDS = 900 - 30 - 300
"""Seconds after which a token may be replaced: its life less the margin and the difference of clocks."""
CROSSED_SESSION = "I9999999999999999"
"""The session in an inquiry answer about another account."""


@dataclass
class Memory:
    """Earlier observations to compare with."""

    statuses: dict[str, str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    """References whose status was FAILED at some time: the merchant may have acted on it."""
    settled: set[str] = field(default_factory=set)
    """References that an operator settled."""
    latest: dict[str, str] = field(default_factory=dict)
    """DOKU's latest answer about a transfer, if the functions certainly stored it."""
    named: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """DOKU's references in these answers."""
    claims: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The `transactionStatus` of every notification about a transfer that was answered with 200."""
    planted: dict[str, Json] = field(default_factory=dict)
    """Items of a newer schema as written."""
    marked: set[str] = field(default_factory=set)
    """References whose history has an observation of a newer version."""
    kept: int = 0
    """Notifications answered with 200."""
    applied: int = 0
    """Messages that the processor applied."""
    tokens_disturbed: bool = False
    """True if a fault of the functions or credentials may explain a new token."""
    heard: int = 0
    """Number of requests of DOKU's ledger that were checked."""

    def listen(self, now: Snapshot, certain: bool) -> None:
        """Note DOKU's answers since the last call. `certain`: the functions had no fault meanwhile."""
        words = defaultdict(list)
        for said in filter(None, map(word, now.ledger["requests"][self.heard :])):
            words[said.reference].append(said)
        self.heard = len(now.ledger["requests"])
        for reference, new in words.items():
            self.latest.pop(reference, None)
            if certain and len(new) == 1 and reference in now.stored:
                self.latest[reference] = new[0].says
                self.named[reference].add(new[0].named)


def check(now: Snapshot, orders: Iterable[Order], memory: Memory) -> None:
    """Raise AssertionError if an invariant does not hold."""
    orders = list(orders)
    _asked_once(now)
    _durable(now, orders)
    _as_ordered(now, orders)
    _only_upwards(now, memory)
    for reference, transfer in now.stored.items():
        if reference not in memory.settled:
            _on_dokus_word(reference, transfer, now)
            _never_final_against_doku(reference, transfer, memory)
            _advises_no_second_payment(reference, transfer, now, memory)
    _newer_items_stand(now, memory)
    _nothing_lost(now, memory)
    _external_ids_are_fresh(now)
    _tokens_last(now, memory)


def _asked_once(now: Snapshot) -> None:
    for reference, times in now.answered("transfer").items():
        assert times <= 1, f"I1: DOKU may have executed {reference} {times} times"
    debits = Counter(one["partnerReferenceNo"] for one in now.ledger["debits"])
    twice = [reference for reference, times in debits.items() if times > 1 and not now.was_misled(reference)]
    assert not twice, f"I2: debited more than once: {twice}"


def _durable(now: Snapshot, orders: Iterable[Order]) -> None:
    for order in orders:
        if not order.acknowledged:
            continue
        item = now.items.get(order.reference)
        assert item is not None, f"I3: {order} was acknowledged and is not stored"
        is_open = item["status"] not in _SETTLED
        assert not is_open or {"dueShard", "nextCheckAt"} <= item.keys(), f"I3: {order} is open and never due"
    for sent in now.requests("transfer"):
        stored = now.stored.get(sent["partnerReferenceNo"])
        assert stored is not None, f"I4: {sent['partnerReferenceNo']} was sent and is not stored"
        assert sent["externalId"] in stored.external_ids, "I4: sent with an X-EXTERNAL-ID that is not stored"


def _as_ordered(now: Snapshot, orders: Iterable[Order]) -> None:
    wanted = {order.reference: order.body for order in orders}
    for sent in now.requests("transfer"):
        body, intent = wanted[sent["partnerReferenceNo"]], now.stored[sent["partnerReferenceNo"]].intent
        for name, stored in (
            ("beneficiaryAccountNumber", intent.beneficiary_account_number),
            ("beneficiaryBankCode", intent.beneficiary_bank_code),
        ):
            assert sent[name] == body[name] == stored, f"I7: {name}"
        assert sent["amount"] == body["amount"]["value"] == intent.amount.wire()["value"], "I7: amount"
        assert sent["sessionId"] != CROSSED_SESSION, "I7: sent in the session of another account's inquiry"


def _only_upwards(now: Snapshot, memory: Memory) -> None:
    for reference, before in memory.statuses.items():
        assert reference in now.stored, f"I3: {reference} is gone"
        after = str(now.stored[reference].status)
        back = before == "DISPUTED" and after == "FAILED" and reference in memory.failed
        upwards = after == before or after in _MAY_BECOME[before] or back
        assert upwards or reference in memory.settled, f"I5: {reference} went from {before} to {after}"
    memory.statuses = {reference: str(one.status) for reference, one in now.stored.items()}
    memory.failed |= {reference for reference, status in memory.statuses.items() if status == "FAILED"}


def _on_dokus_word(reference: str, transfer: Transfer, now: Snapshot) -> None:
    """SUCCESS and REFUNDED only if DOKU said so; FAILED also by inference, or if DOKU executed no request."""
    status, said = str(transfer.status), {one.says for one in now.said.get(reference, [])}
    if status in ("SUCCESS", "REFUNDED"):
        assert status in said, f"I5: {reference} is {status}, and DOKU said {sorted(said)}"
    if status != "FAILED" or "FAILED" in said:
        return
    if _is_inferred(transfer):
        missing = [one["at"] for one in now.of(reference, "status") if one["responseCode"] == "4045301"]
        waited = len(missing) >= _TIMES and missing[-1] - missing[0] >= _WINDOW
        assert waited, f"I6: {reference} is FAILED after {len(missing)} times not found"
        assert not said, f"I6: {reference} is FAILED by absence, and DOKU said {said}"
    elif not now.was_misled(reference):
        assert not now.state(reference), f"I6: {reference} is FAILED, and DOKU has it {now.state(reference)}"


def _is_inferred(transfer: Transfer) -> bool:
    return any(seen.finding is Finding.NOT_RECEIVED for seen in transfer.history)


def _never_final_against_doku(reference: str, transfer: Transfer, memory: Memory) -> None:
    status, latest = str(transfer.status), memory.latest.get(reference)
    if status == "FAILED":
        assert latest in (None, "FAILED"), f"I24: {reference} is FAILED, and DOKU's latest word is {latest}"
    if not transfer.is_final:
        return
    assert status in _SETTLED, f"I24: {status} is final"
    if status != "REFUNDED":
        assert latest in (None, status), f"I24: {reference} is {status} and final; DOKU's latest word is {latest}"
        claims = {seen.code for seen in transfer.history if seen.source is Source.NOTIFICATION}
        against = [one for one in claims if _CLAIMED.get(one, status) != status]
        assert not against, f"I24: {reference} is {status} and final, and notifications say {against}"


def _advises_no_second_payment(reference: str, transfer: Transfer, now: Snapshot, memory: Memory) -> None:
    """A second payment may be advised only if DOKU has not paid and will not pay; inferred absence may be wrong."""
    by_word = str(transfer.status) == "REFUNDED" or _believes_a_lie(reference, now)
    if transfer.next_action not in _ADVISES_PAYMENT or by_word or _is_inferred(transfer) or now.was_misled(reference):
        return
    state = now.state(reference)
    assert state in ("", "FAILED", "REFUNDED"), f"I25: {reference} may be paid again, and DOKU has it {state}"
    assert not now.may_move(reference), f"I25: {reference} may be paid again, and DOKU will still execute it"


def _newer_items_stand(now: Snapshot, memory: Memory) -> None:
    assert now.planted == memory.planted, "I26: an item of a newer schema was changed"
    for reference in memory.marked:
        item = now.items[reference]
        assert item.get("newAttribute") == "kept", f"I26: {reference} lost an attribute of a newer version"
        assert any("newField" in seen for seen in item["history"]), f"I26: {reference} lost a newer observation"


def _nothing_lost(now: Snapshot, memory: Memory) -> None:
    lost = memory.kept - memory.applied - now.waiting
    assert lost <= 0, f"I11: {lost} of {memory.kept} notifications are neither applied nor in a queue"


def _external_ids_are_fresh(now: Snapshot) -> None:
    used = Counter((day(one["at"]), one["externalId"]) for one in now.ledger["requests"])
    assert max(used.values(), default=0) <= 1, "I14: an X-EXTERNAL-ID came twice on one day"


def _tokens_last(now: Snapshot, memory: Memory) -> None:
    issued = [one["at"] for one in now.ledger["tokenRequests"] if one["executed"]]
    refused = [one["at"] for one in now.ledger["requests"] if one["httpStatus"] == 401]
    if memory.tokens_disturbed:
        return
    for first, second in pairwise(issued):
        excused = second - first >= _TOKEN_SECONDS or any(first <= at <= second for at in refused)
        assert excused, f"I16: a token was replaced after {second - first:.0f} s, and none was refused"


def check_attention(now: Snapshot, memory: Memory, at: float) -> None:
    """After all faults are healed and days passed, transfers that are not final or contradicted need review."""
    for reference, transfer in now.stored.items():
        if reference in memory.settled:
            continue
        reviewed = needs_review(transfer, int(at * 1000))
        assert transfer.is_final or reviewed, f"I27: {reference} is {transfer.status}, open, and not in review"
        against = [
            one for one in memory.claims[reference] if _CLAIMED.get(one, str(transfer.status)) != transfer.status
        ]
        if transfer.status != "REFUNDED" and against:
            assert reviewed, f"I27: {reference} is {transfer.status}, a notification said {against}, not in review"
        if len(memory.named[reference] - {""}) > 1 and transfer.status != "REFUNDED":
            assert transfer.status == "DISPUTED", f"I27: {reference} has two references, and is {transfer.status}"


def check_converged(now: Snapshot, memory: Memory) -> None:
    """After an operator settled the rest, each status is as in DOKU's ledger, and the sums are equal."""
    known = [reference for reference in now.stored if not _believes_a_lie(reference, now)]
    expected = {reference: END_OF.get(now.state(reference), "FAILED") for reference in known}
    found = {reference: str(now.stored[reference].status) for reference in known}
    wrong = {reference: (end, found[reference]) for reference, end in expected.items() if found[reference] != end}
    assert not wrong, f"I13: not as in DOKU's ledger: {wrong}"
    summed = {reference for reference in known if not now.was_misled(reference)}
    paid = [now.stored[reference] for reference in summed if found[reference] == "SUCCESS"]
    ours = sum(Decimal(str(one.intent.amount)) for one in paid)
    theirs = [one for one in now.ledger["debits"] if not one["returned"] and one["partnerReferenceNo"] in summed]
    spent = sum(Decimal(one["amount"]) for one in theirs)
    assert ours == spent, f"I19: {ours} rupiah are SUCCESS, {spent} are missing from the balance"
    unknown = sum(len(claims) for reference, claims in memory.claims.items() if not _is_known(reference, now))
    assert now.waiting <= unknown, f"I11: {now.waiting} notifications can't be applied"


def _is_known(reference: str, now: Snapshot) -> bool:
    """True if DOKU has the transfer under one reference, by which a refund notification is found."""
    booked = {one["referenceNo"] for one in now.booked.get(reference, [])}
    return len(booked | {one.named for one in now.said.get(reference, [])} - {""}) == 1


def _believes_a_lie(reference: str, now: Snapshot) -> bool:
    """True if DOKU once gave the present status as a wrong answer. A final status is not checked again."""
    status = str(now.stored[reference].status)
    return any(one.is_lie and one.says == status for one in now.said.get(reference, []))
