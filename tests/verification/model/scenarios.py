"""The explorations with their bounds."""

from dataclasses import replace
from typing import Any

from payouts.domain.days import day_of
from payouts.domain.looks import LOOKS
from payouts.domain.schedule import MINUTE
from payouts.domain.transfer import Finding, Observation, Source, Transfer, record
from payouts.store import items
from tests.verification.model.doku import Fate, Sent, Words
from tests.verification.model.parts import Invocation, Release, order, too_little_time
from tests.verification.model.scenario import BEGAN, Budget, Scenario

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
"""An account inquiry of the same transfer whose session expires after a minute."""

_WITH_SESSION = Invocation("merchant", order(session="S1"))
_KEYED = Invocation("merchant", order(key="key-0001"))
_KEYED_OTHERWISE = Invocation("other merchant", order("PAY-2", key="key-0001"))

_SILENT = ("merchant", "does not reply, to be executed later")
_MINUTE_LATER, _DAY_LATER = ("60 seconds", ""), ("a day", "")
_TICK = ("poller 1", "answers truthfully")
_TWO_NOT_FOUND = (_SILENT, _MINUTE_LATER, _TICK, _MINUTE_LATER, _TICK)
FIVE_NOT_FOUND = (*_TWO_NOT_FOUND, *(_DAY_LATER, _TICK) * 3)
"""A transfer request without a reply, and five answers without a record within three days."""
_FIVE_IN_TWO_DAYS = (*_TWO_NOT_FOUND, ("180 seconds", ""), _TICK, *(_DAY_LATER, _TICK) * 2)
_TAKEN = (("merchant", "does not reply, in progress"),)

AHEAD = 10 * MINUTE
"""The difference of the clocks of two machines."""


def _stored(reference: str, **attributes: Any) -> dict[str, Any]:
    """The item of a transfer that DOKU accepted a minute before the exploration begins."""
    ordered = order(reference)
    at = BEGAN - MINUTE
    seen = Observation(at, Finding.SUBMITTING, Source.SUBMIT, external_id=f"before-{reference}")
    intent = replace(ordered.intent, session_id=f"S-{reference}")
    transfer = Transfer(intent, ordered.fingerprint, at, (seen.external_id,), next_check_at=BEGAN)
    item = {**items.fixed(transfer), **items.changing(record(transfer, seen)), **items.due(transfer, 1), "version": 1}
    return {**item, **attributes}


_FOREIGN = {"at": BEGAN, "is": "AUDITED", "by": "ROBOT", "asked": 1, "seq": 1, "colour": "blue"}
_NEWER = _stored("PAY-2", schema=items.SCHEMA + 1, history="not known here", status="HELD", held=True)
_KNOWN = _stored("PAY-3")
_OF_TWO_VERSIONS = (_NEWER, {**_KNOWN, "history": [*_KNOWN["history"], _FOREIGN], "batch": "B1"})
EIGHT, READS_SIXTEEN, SIXTEEN = Release(8, 8), Release(16, 8), Release(16, 16)
"""From 8 to 16 shards in two releases."""
_IN_A_NEW_SHARD = next(f"PAY-{n}" for n in range(100) if int(items.shard(f"PAY-{n}", SIXTEEN.written)) >= EIGHT.read)
SHARDED = (Invocation("merchant", order(_IN_A_NEW_SHARD)),)

_LOOKED_AT = next(f"PAY-{n}" for n in range(99) if items.shard(f"PAY-{n}", items.DAY_SHARDS) == "0")
_SWEPT = (Invocation("merchant", order(_LOOKED_AT)),)
_BEGUN = tuple(
    {"pk": f"SWEEP#{look}#0", "sweptDay": day_of(BEGAN), "sweptAt": 0, "sweptReference": ""} for look in LOOKS
)
"""Earlier ticks have looked at the days before."""
_PAID = (("merchant", "does not reply, in progress"), ("DOKU", "is paid"), _MINUTE_LATER, _TICK)

SCENARIOS = (
    Scenario(
        "two sweeps at once, and a refund",
        _SWEPT,
        Budget(ticks=2, advances=1),
        pollers=(0, 0),
        sweeps=True,
        words=Words.NONE,
        items=_BEGUN,
        prelude=_PAID,
        small=Budget(ticks=1, advances=1),
    ),
    Scenario(
        "a sweep, a fault, and a refund",
        _SWEPT,
        Budget(faults=1, ticks=3, advances=1),
        sweeps=True,
        words=Words.NONE,
        items=_BEGUN,
        prelude=_PAID,
        small=Budget(faults=1, ticks=1, advances=1),
    ),
    Scenario(
        "a sweep, and a notification",
        _SWEPT,
        Budget(ticks=1, advances=1, notifications=1, deliveries=1),
        sweeps=True,
        words=Words.NONE,
        items=_BEGUN,
        prelude=_PAID,
        small=Budget(ticks=1, advances=1),
    ),
    Scenario(
        "two invocations of one poller, and a fault",
        _SWEPT,
        Budget(faults=1, ticks=2),
        pollers=(0, 0),
        leased=True,
        words=Words.NONE,
        prelude=(*_TAKEN, _MINUTE_LATER),
        small=Budget(ticks=2),
    ),
    Scenario(
        "three days of not found",
        (_ONE,),
        Budget(ticks=5, advances=2, days=3),
        words=Words.NONE,
        prelude=(_SILENT, _MINUTE_LATER, _TICK),
        small=Budget(ticks=2, advances=2),
    ),
    Scenario("an order and a poller", (_ONE,), Budget(ticks=1, advances=1)),
    Scenario(
        "two pollers, one clock ahead",
        (_ONE,),
        Budget(ticks=2, advances=2),
        pollers=(0, AHEAD),
        patient=False,
        words=Words.NONE,
        prelude=(_SILENT,),
    ),
    Scenario(
        "absence is inferred, DOKU executes it after all, and an operator decides",
        (_ONE,),
        Budget(ticks=3, advances=3, decisions=1),
        patient=False,
        small=Budget(ticks=2, advances=2, decisions=1),
        words=Words.NONE,
        prelude=FIVE_NOT_FOUND,
    ),
    Scenario(
        "absence is inferred, and a notification arrives",
        (_ONE,),
        Budget(ticks=1, advances=1, notifications=1, deliveries=1),
        patient=False,
        words=Words.NONE,
        prelude=FIVE_NOT_FOUND,
    ),
    Scenario(
        "absence is inferred, and a fault",
        (_ONE,),
        Budget(faults=1, ticks=2, advances=2),
        patient=False,
        words=Words.NONE,
        prelude=FIVE_NOT_FOUND,
    ),
    Scenario(
        "clocks ten minutes apart over three days of not found",
        (_ONE,),
        Budget(ticks=2, advances=2),
        pollers=(0, AHEAD),
        patient=False,
        words=Words.NONE,
        prelude=_FIVE_IN_TWO_DAYS,
    ),
    Scenario(
        "clocks ten minutes apart, and DOKU's answers in any order",
        (_ONE,),
        Budget(ticks=1, notifications=1, deliveries=1, decisions=1),
        pollers=(AHEAD,),
        operator=AHEAD,
        patient=False,
        words=Words.NONE,
        prelude=_TAKEN,
    ),
    Scenario(
        "DOKU pays what it has failed",
        (_ONE,),
        Budget(ticks=2, advances=1, notifications=1, deliveries=1),
        fickle=True,
        words=Words.NONE,
        prelude=_TAKEN,
    ),
    Scenario(
        "items of a newer version of the code",
        (Invocation("merchant", order("PAY-2")),),
        Budget(ticks=1, advances=1, notifications=1, deliveries=1, decisions=1),
        words=Words.NONE,
        items=_OF_TWO_VERSIONS,
        sent=tuple(Sent(f"PAY-{n}", f"before-PAY-{n}", BEGAN - MINUTE, Fate.PAID) for n in (2, 3)),
        small=Budget(ticks=1, advances=1),
    ),
    *(
        Scenario(
            f"{old.read} shards read and {old.written} written beside {new.read} and {new.written}",
            SHARDED,
            Budget(ticks=1, advances=1),
            words=Words.NONE,
            releases=(old, new),
        )
        for old, new in ((EIGHT, READS_SIXTEEN), (READS_SIXTEEN, SIXTEEN))
    ),
    Scenario("a notification and a fault", (_ONE,), Budget(faults=1, notifications=1, deliveries=1), words=Words.NONE),
    Scenario("a notification, and every finding", (_ONE,), Budget(notifications=1, deliveries=1), words=Words.PLAIN),
    Scenario(
        "notifications: true, altered and twice",
        (_ONE,),
        Budget(notifications=2, deliveries=2),
        words=Words.NONE,
        prelude=_TAKEN,
    ),
    Scenario("an order and a fault", (_ONE,), Budget(faults=2), small=Budget(faults=1)),
    Scenario("an order, a poller, and a fault", (_ONE,), Budget(faults=1, ticks=1, advances=1), words=Words.NONE),
    Scenario(
        "an order and its replay during a status check", (_ONE, _AGAIN), Budget(ticks=1, advances=1), words=Words.NONE
    ),
    Scenario(
        "open for a week, and an operator decides",
        (_ONE,),
        Budget(faults=1, ticks=1, advances=1, weeks=1, decisions=1),
        words=Words.NONE,
    ),
    Scenario("the same order twice", (_ONE, _AGAIN), Budget(faults=2), small=Budget()),
    Scenario("another order under the same reference", (_ONE, _OTHER), Budget(faults=2), small=Budget()),
    Scenario(
        "the same order twice, with an expiring session",
        (_WITH_SESSION, Invocation("merchant again", order(session="S1"))),
        Budget(faults=1, advances=1),
        words=Words.PLAIN,
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
        "too little time after the create",
        (Invocation("merchant", order(), too_little_time("after the create")),),
        Budget(faults=1, ticks=2, advances=2),
    ),
    *(
        Scenario(
            f"too little time {when}",
            (Invocation("merchant", order(), too_little_time(when)),),
            Budget(faults=1),
            words=Words.PLAIN,
        )
        for when in ("to confirm a refusal", "to send again", "for a second send")
    ),
)
