"""What takes part in one exploration, and its bound."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.verification.model.doku import Ledger, Words
from tests.verification.model.parts import ONE_SHARD, Invocation, Release

BEGAN = 1_790_000_000_000
"""When every exploration begins, in milliseconds. Any time would do."""


LIFETIME = 2 * 60_000
"""Milliseconds after which an invocation has been stopped: longer than the longest time-out of a function."""


class Budget(NamedTuple):
    """How often each thing may still happen on one path. What DOKU makes of a transfer request costs nothing."""

    faults: int = 0
    """Crashes between two calls, refused and lost writes, refused reads, answers of DOKU that are no use."""
    ticks: int = 0
    """Of all pollers together."""
    advances: int = 0
    """Of the clock, to the next time at which something is due or ends."""
    days: int = 0
    """Of the clock by a day, with no tick in it."""
    weeks: int = 0
    """Of the clock by seven days."""
    callbacks: int = 0
    """Notifications with a valid signature: true or altered, early or late, once or again."""
    deliveries: int = 0
    """Of notifications from the queue."""
    decisions: int = 0
    """Of an operator."""


@dataclass(frozen=True)
class Scenario:
    """One exploration: every path of these actors within the budget."""

    name: str
    submitters: tuple[Invocation, ...]
    budget: Budget
    pollers: tuple[int, ...] = (0,)
    """For each poller the milliseconds by which its clock is ahead."""
    operator: int = 0
    """The same for the operator."""
    patient: bool = True
    """Whether DOKU executes and knows within three days what it took. Otherwise it may take six more, and deny what it
    has for as long."""
    fickle: bool = False
    """Whether DOKU may pay what it has failed."""
    words: Words = Words.EVERY
    """In how many ways DOKU answers a transfer request."""
    items: tuple[Mapping[str, Any], ...] = field(default=())
    """What the table holds at the beginning."""
    sent: Ledger = ()
    """What DOKU has at the beginning."""
    prelude: tuple[tuple[str, str], ...] = ()
    """What happened before the exploration begins: who took steps to its end, and the words of the step that was chosen
    where there were several."""
    releases: tuple[Release, ...] = (ONE_SHARD,)
    """Versions of the code that run at the same time; either may be the one that remains."""
    small: Budget | None = None
    """A bound that takes about a second, for the tests; the whole one where there is none."""
