"""A scenario: the actors of one exploration, and its bound."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.verification.model.doku import Ledger, Words
from tests.verification.model.parts import ONE_SHARD, Invocation, Release

BEGAN = 1_790_000_000_000
"""Start of every exploration, in milliseconds; the value has no meaning."""


LIFETIME = 2 * 60_000
"""Milliseconds after which an invocation is stopped: longer than the longest time-out of a function."""


class Budget(NamedTuple):
    """How often each event may still happen on one path. DOKU's handling of a transfer request is free."""

    faults: int = 0
    """Crashes between two calls, refused and lost writes, refused reads, unusable answers of DOKU."""
    ticks: int = 0
    """Ticks of all pollers together."""
    advances: int = 0
    """Clock moves to the next time at which an item is due or expires."""
    days: int = 0
    """Clock moves by a day without a tick."""
    weeks: int = 0
    """Clock moves by seven days."""
    notifications: int = 0
    """Notifications with a valid signature: true or altered, early or late, once or repeated."""
    deliveries: int = 0
    """Deliveries of notifications from the queue."""
    decisions: int = 0
    """Decisions of an operator."""


@dataclass(frozen=True)
class Scenario:
    """One exploration: every path of these actors within the budget."""

    name: str
    submitters: tuple[Invocation, ...]
    budget: Budget
    pollers: tuple[int, ...] = (0,)
    """Milliseconds by which each poller's clock is ahead."""
    sweeps: bool = False
    """True if ticks look at paid transfers by their day as well."""
    leased: bool = False
    """True if ticks take the poller's lease. Everything holds without it."""
    operator: int = 0
    """Milliseconds by which the operator's clock is ahead."""
    patient: bool = True
    """True if DOKU executes every accepted request within three days and finds it afterwards.

    Otherwise both may take six more days."""
    fickle: bool = False
    """True if DOKU may pay a transfer that it has failed."""
    words: Words = Words.EVERY
    """The set of DOKU's answers to a transfer request."""
    items: tuple[Mapping[str, Any], ...] = field(default=())
    """Items in the table at the start."""
    sent: Ledger = ()
    """DOKU's ledger at the start."""
    prelude: tuple[tuple[str, str], ...] = ()
    """Events before the exploration: the actor that runs to its end, and text of the step to choose among several."""
    releases: tuple[Release, ...] = (ONE_SHARD,)
    """Versions of the code that run at the same time; either may be the one that remains."""
    small: Budget | None = None
    """A bound for the tests that takes about a second; the full bound if None."""
