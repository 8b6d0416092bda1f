"""The rate of requests to DOKU: its shares, and how it falls and recovers. Times in seconds."""

from dataclasses import dataclass
from enum import Enum

COOLING = 15.0
"""Seconds after a halving in which further 429s change nothing: the others learn of it within RATE_MAX_AGE, and
requests that left before may still be refused."""
RATE_MAX_AGE = 5.0
"""Seconds for which a process uses the rate that it has read."""
LEAST = 0.05
"""The rate never falls below this part of the configured one, or nothing would find out that DOKU has recovered."""
_RECOVERED, _RECOVERED_IN = 0.05, 30.0
"""The part of the configured rate that comes back, and the seconds that it takes."""


class Share(Enum):
    """Who may use which percentage of `DokuRequestsPerSecond`. The shares add up to 100."""

    POLLER = 30
    BATCHES = 40
    PROCESSOR = 5
    API = 25

    def of(self, per_second: float) -> float:
        """This share of a rate."""
        return per_second * self.value / 100


@dataclass(frozen=True, slots=True)
class Throttle:
    """The latest halving: the part of the configured rate that it left, and when it happened."""

    left: float = 1.0
    at: float = 0.0

    def part(self, now: float) -> float:
        """The part of the configured rate that may be used now. It recovers steadily after a halving."""
        recovered = _RECOVERED * max(0.0, now - self.at) / _RECOVERED_IN
        return min(1.0, self.left + recovered)

    def is_cooling(self, now: float) -> bool:
        """True if the halving is too recent for another one. The clocks of two machines may differ."""
        return abs(now - self.at) < COOLING

    def halved(self, now: float) -> "Throttle":
        """Half of what may be used now."""
        return Throttle(max(LEAST, self.part(now) / 2), now)
