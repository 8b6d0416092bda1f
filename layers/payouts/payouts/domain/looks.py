"""The looks at paid transfers by day, which find refunds whose notification was missed.

A transfer that was paid soon after its creation leaves the `due` index (`schedule.is_swept`): a sweep finds it by its
day, and a look that finds nothing new writes nothing.
"""

from payouts.domain.days import day_after, start_of
from payouts.domain.observation import Finding, Observation
from payouts.domain.schedule import CLOCK_TOLERANCE
from payouts.domain.transfer import Transfer

LOOKS = (1, 3, 7)
"""Look `n` at the transfers created on day D (WIB) comes after the end of day D + n."""


def due_at(day: str, look: int) -> int:
    """When this look at the transfers of `day` begins, in milliseconds since the epoch.

    A transfer that was paid at the last moment by a clock that is late has left the `due` index by then.
    """
    return start_of(day_after(day, look + 1)) + CLOCK_TOLERANCE


def is_confirmed(transfer: Transfer, seen: Observation) -> bool:
    """True if an answer about a paid transfer holds nothing new: paid, under the reference that is known."""
    known = ("", transfer.intent.session_id, transfer.doku_reference_no)
    return seen.finding is Finding.SUCCESS and seen.reference_no in known
