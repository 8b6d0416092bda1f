"""What to do with the customer's money after an answer of DOKU Biller. Pure, and no more than the seeds say.

Seeds 000 and 001 give codes and states, but neither endpoints nor waiting times: there is no client, and the caller
says how long to wait between advices. What the seeds leave open for a payment is asked about, never released.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from payouts.codes.biller import COLUMNS, UNLISTED, codes
from payouts.codes.models import Scope


class State(StrEnum):
    """Which call was answered."""

    INQUIRY = "inquiry"
    PAYMENT = "payment"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep the customer's money: paid, or, after an inquiry, about to be."""


@dataclass(frozen=True, slots=True)
class Release:
    """Give the customer's money back: nothing was paid."""


@dataclass(frozen=True, slots=True)
class AdviseAfter:
    """Hold the money, and send an advice after so many seconds unless the callback comes first."""

    seconds: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Hold the money and send nothing more: a person has to settle it with DOKU."""


Decision = Hold | Release | AdviseAfter | GiveUp


def decide(state: State, code: str, waits: Sequence[int], advices_sent: int = 0) -> Decision:
    """What an answer of Biller demands; `code` is empty where there was no readable answer.

    `waits` are the seconds before the first, second ... advice. When as many were sent, it is GiveUp.
    """
    scope = Scope(state)
    row = codes().get(code)
    match row[COLUMNS[scope]] if row else UNLISTED[scope]:
        case "hold":
            return Hold()
        case "release":
            return Release()
        case "advise" if 0 <= advices_sent < len(waits):
            return AdviseAfter(waits[advices_sent])
        case _:
            return GiveUp()
