"""The invariants of FAULTS.md that can be seen from outside at any moment. DOKU's ledger is the oracle."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from tests.stateful.orders import Order
from tests.stateful.snapshot import Snapshot, day

_RANK = {
    "SUBMITTING": 0,
    "IN_DOUBT": 1,
    "ACCEPTED": 2,
    "UNPAID": 3,
    "SUCCESS": 4,
    "FAILED": 4,
    "DISPUTED": 5,
    "REFUNDED": 6,
}
END_OF = {"PAID": "SUCCESS", "FAILED": "FAILED", "REFUNDED": "REFUNDED"}
"""Our status for each state in which a transfer can end at DOKU."""
_FINAL = frozenset(END_OF.values())
_TOKEN_SECONDS = 900 - 30 - 300
"""After so many seconds a token may be replaced: its life less the margin and what clocks may be apart."""


@dataclass
class Memory:
    """What was seen before, to compare with."""

    statuses: dict[str, str] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    """References that a person has decided about."""
    kept: int = 0
    """Notifications answered with 200."""
    applied: int = 0
    """Messages that the processor took from the queue for good."""
    tokens_disturbed: bool = False
    """Whether something befell the functions or the credentials that may cost a token."""


def check(now: Snapshot, orders: Iterable[Order], memory: Memory) -> None:
    """Raises AssertionError where an invariant does not hold."""
    orders = list(orders)
    _asked_once(now)
    _durable(now, orders)
    _as_ordered(now, orders)
    _only_upwards(now, memory)
    _on_dokus_word(now, memory)
    _nothing_lost(now, memory)
    _external_ids_are_fresh(now)
    _tokens_last(now, memory)


def _asked_once(now: Snapshot) -> None:
    for reference, times in now.answered("transfer").items():
        assert times <= 1, f"I1: DOKU may have executed {reference} {times} times"
    debits = Counter(one["partnerReferenceNo"] for one in now.ledger["debits"])
    assert max(debits.values(), default=0) <= 1, f"I2: debited more than once: {debits}"


def _durable(now: Snapshot, orders: Iterable[Order]) -> None:
    for order in orders:
        if not order.acknowledged:
            continue
        item = now.items.get(order.reference)
        assert item is not None, f"I3: {order} was acknowledged and is not stored"
        is_open = item["status"] not in _FINAL
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


def _only_upwards(now: Snapshot, memory: Memory) -> None:
    for reference, before in memory.statuses.items():
        assert reference in now.stored, f"I3: {reference} is gone"
        after = str(now.stored[reference].status)
        upwards = after == before or _RANK[after] > _RANK[before]
        assert upwards or reference in memory.settled, f"I5: {reference} went from {before} to {after}"
    memory.statuses = {reference: str(one.status) for reference, one in now.stored.items()}


def _on_dokus_word(now: Snapshot, memory: Memory) -> None:
    for reference, status in memory.statuses.items():
        if reference in memory.settled:
            continue
        states = [change["state"] for change in now.booked.get(reference, {"changes": []})["changes"]]
        if status in ("SUCCESS", "REFUNDED"):
            assert "PAID" in states, f"I5: {reference} is {status}, and DOKU has {states}"
        if status == "FAILED":
            assert states[-1:] in ([], ["FAILED"]), f"I6: {reference} is FAILED, and DOKU has {states}"


def _nothing_lost(now: Snapshot, memory: Memory) -> None:
    lost = memory.kept - memory.applied - now.waiting
    assert lost <= 0, f"I11: {lost} of {memory.kept} notifications are neither applied nor in a queue"


def _external_ids_are_fresh(now: Snapshot) -> None:
    used = Counter((day(one["at"]), one["externalId"]) for one in now.ledger["requests"])
    assert max(used.values(), default=0) <= 1, "I14: an X-EXTERNAL-ID came twice on one day"


def _tokens_last(now: Snapshot, memory: Memory) -> None:
    minted = [one["at"] for one in now.ledger["tokenRequests"] if one["executed"]]
    refused = [one["at"] for one in now.ledger["requests"] if one["httpStatus"] == 401]
    if memory.tokens_disturbed:
        return
    for first, second in pairwise(minted):
        excused = second - first >= _TOKEN_SECONDS or any(first <= at <= second for at in refused)
        assert excused, f"I16: a token was replaced after {second - first:.0f} s, and none was refused"


def check_converged(now: Snapshot, memory: Memory) -> None:
    """With every fault healed and time gone by: each transfer as DOKU has it, and the sums the same (I10, I13, I19)."""
    expected = dict.fromkeys(now.stored, "FAILED") | {
        reference: END_OF[one["state"]] for reference, one in now.booked.items()
    }
    found = {reference: str(one.status) for reference, one in now.stored.items()}
    wrong = _different(expected, found)
    assert not wrong, f"I13: not as in DOKU's books: {wrong}"
    paid = sum(Decimal(str(one.intent.amount)) for one in now.stored.values() if one.status == "SUCCESS")
    spent = sum(Decimal(one["amount"]) for one in now.ledger["debits"] if not one["returned"])
    assert paid == spent, f"I19: {paid} rupiah are SUCCESS, {spent} are gone from the deposit"
    assert now.waiting == 0, f"I11: {now.waiting} notifications can't be applied"


def _different(expected: Mapping[str, str], found: Mapping[str, str]) -> dict[str, tuple[str, str | None]]:
    return {key: (value, found.get(key)) for key, value in expected.items() if value != found.get(key)}
