"""The explorations, each with its bound."""

from proofs.model.doku import Words
from proofs.model.parts import Invocation, order
from proofs.model.scenario import BEGAN, Budget, Scenario

_ONE = Invocation("merchant", order())
_AGAIN = Invocation("merchant again", order())
_OTHER = Invocation("other merchant", order(account="1112223334"))

SESSION = {
    "pk": "SESSION#S1",
    "accountNumber": "8377388292",
    "bankCode": "014",
    "amount": "200000.00",
    "accountName": "SUHUT",
    "validUntil": BEGAN // 1000 + 60,
    "expiresAt": BEGAN // 1000 + 60,
}
"""An account inquiry of the same transfer, which ends after a minute."""

_WITH_SESSION = Invocation("merchant", order(session="S1"))
_KEYED = Invocation("merchant", order(key="key-0001"))
_KEYED_OTHERWISE = Invocation("other merchant", order("PAY-2", key="key-0001"))

SCENARIOS = (
    Scenario("two pollers", (_ONE,), Budget(ticks=2, advances=1), pollers=2, words=Words.PLAIN),
    Scenario("half an hour of not found", (_ONE,), Budget(ticks=3, advances=6), words=Words.PLAIN),
    Scenario(
        "DOKU denies what it has, and a person decides",
        (_ONE,),
        Budget(ticks=4, advances=7, words=1),
        patient=False,
        words=Words.NONE,
    ),
    Scenario(
        "a callback and a fault",
        (_ONE,),
        Budget(faults=1, callbacks=1, deliveries=1),
        words=Words.PLAIN,
    ),
    Scenario("an order, a poller, and a fault", (_ONE,), Budget(faults=1, ticks=1, advances=1)),
    Scenario(
        "an order and its replay while a poller asks", (_ONE, _AGAIN), Budget(ticks=1, advances=1), words=Words.PLAIN
    ),
    Scenario("callbacks, true, altered and twice", (_ONE,), Budget(callbacks=2, deliveries=2), words=Words.PLAIN),
    Scenario(
        "open for a week, and a person decides",
        (_ONE,),
        Budget(faults=1, ticks=1, advances=1, weeks=1, words=1),
        words=Words.PLAIN,
    ),
    Scenario("the same order twice", (_ONE, _AGAIN), Budget(faults=2), small=Budget()),
    Scenario("another order under the same reference", (_ONE, _OTHER), Budget(faults=2), small=Budget()),
    Scenario(
        "the same order twice, with a session that ends",
        (_WITH_SESSION, Invocation("merchant again", order(session="S1"))),
        Budget(faults=1, advances=1),
        items=(SESSION,),
        small=Budget(),
    ),
    Scenario(
        "two orders with one session",
        (_WITH_SESSION, Invocation("other merchant", order("PAY-2", session="S1"))),
        Budget(faults=2),
        items=(SESSION,),
        small=Budget(),
    ),
    Scenario("two orders with one Idempotency-Key", (_KEYED, _KEYED_OTHERWISE), Budget(faults=2), small=Budget()),
    Scenario(
        "too little time behind the door",
        (Invocation("merchant", order(), (29.0, 10.0)),),
        Budget(faults=1, ticks=2, advances=2),
    ),
    Scenario(
        "too little time for a second send",
        (Invocation("merchant", order(), (29.0, 29.0, 10.0)),),
        Budget(faults=1, ticks=1, advances=1),
        small=Budget(faults=1),
    ),
)
