"""How long the calls to DOKU may take, in seconds (docs/doku-protocol.md, "Time limits").

DOKU answers within 0.5 to 14 seconds. The API's function has 29 seconds: for a transfer without a session they are
spent on an account inquiry (9), the transfer (17), the record of its answer (2), and the table before them (1).
"""

import math
from collections.abc import Callable

from payouts.doku.transport import Timeout

Remaining = Callable[[], float]
"""Seconds until Lambda stops the function, or that a call may take."""

QUESTION: Timeout = (2, 14)
TRANSFER: Timeout = (3, 14)
RECORD_SECONDS = 2.0
"""To store DOKU's answer about a transfer."""
SEND_SECONDS = sum(TRANSFER) + RECORD_SECONDS
"""To send a transfer and store the answer."""
TABLE_SECONDS = 1.0
"""For the writes between an account inquiry and the transfer."""
LEAST_SECONDS = 4.0
"""A question that has less time is not asked."""


def unlimited() -> float:
    """The time of a caller that is never stopped."""
    return math.inf


def fitted(timeout: Timeout, seconds: float) -> Timeout | None:
    """The timeout cut to `seconds` together; None if they are too few."""
    connect, read = timeout
    return None if seconds < LEAST_SECONDS else (connect, min(read, seconds - connect))
