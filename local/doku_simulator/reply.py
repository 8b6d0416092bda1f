"""The bytes of a reply, and how they are sent."""

import threading
from dataclasses import dataclass
from enum import Enum, auto

from local.doku_simulator.answers import Answer


class Ending(Enum):
    """How an exchange ends on the wire."""

    ANSWERED = auto()
    CLOSED = auto()  # nothing is sent, then FIN
    RESET = auto()  # nothing is sent, then RST
    RESET_MID_BODY = auto()  # head and half the body, then RST


@dataclass(frozen=True)
class Reply:
    """The bytes to send, after `hold` seconds of real time or once `released` is set."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    code: str | None = None  # the responseCode in the body, for the ledger
    ending: Ending = Ending.ANSWERED
    hold: float = 0.0
    released: threading.Event | None = None
    line_pause: float = 0.0  # seconds of real time before each header line; needs `released`
    padding: int = 0  # further header lines


def reply(answer: Answer, number_codes: bool) -> Reply:
    """An answer as bytes."""
    return Reply(answer.status, answer.encode(number_codes), tuple(answer.headers.items()), code=answer.code)
