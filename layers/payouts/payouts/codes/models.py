"""The words of the catalogue: where a code comes from, what it says, and what follows from it."""

from dataclasses import dataclass
from enum import StrEnum


class System(StrEnum):
    """Where a code is used. The order is that of likelihood, where one code stands in several systems."""

    SNAP = "snap"
    """responseCode of seven digits: HTTP status, service, case."""
    GLOSSARY = "glossary"
    """response_code of the Error Codes Glossary (seed 002)."""
    BILLER = "biller"
    """DOKU Biller (seeds 000 and 001)."""
    SNAP_STATUS = "snap-status"
    """latestTransactionStatus of check status."""
    KIRIM_DOKU_STATUS = "kirim-doku-status"
    """transactionStatus of a notification (seed 003), and the legacy ones."""
    KIRIM_DOKU_PAYMENT = "kirim-doku-payment"
    """originalResponseCode of check status."""
    HTTP = "http"
    """HTTP status codes of the glossary (seed 002)."""
    KIRIM_DOKU_NOTIFICATION = "kirim-doku-notification"
    """The merchant's reply to a notification, and activityCode."""
    KIRIM_DOKU_LEGACY = "kirim-doku-legacy"
    """Status of an answer of the legacy API."""
    PAYOUTS = "payouts"
    """This program's own reasons."""
    UNKNOWN = "unknown"
    """None that we know of."""


class Scope(StrEnum):
    """What a code is an answer to: the same code may move money in one place and none in another."""

    TRANSFER = "transfer"
    QUESTION = "question"
    """Account inquiry, balance, token: moves nothing."""
    STATUS = "status"
    """Check status: moves nothing, and is about a transfer."""
    STATE = "state"
    """No answer at all, but what DOKU says that a transfer is."""
    INQUIRY = "inquiry"
    PAYMENT = "payment"
    ADVICE = "advice"
    """These three: DOKU Biller's states."""
    REPLY = "reply"
    HTTP = "http"
    UNKNOWN = "unknown"


class MoneyMoved(StrEnum):
    """Whether the money has left for good. Refunded is `no`: it came back."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class Retry(StrEnum):
    """Whether the request that got this answer may be sent again."""

    SAME_REFERENCE = "same reference"
    """The very same request, under the same reference."""
    NEW_REFERENCE = "new reference"
    """Not this request. Once the cause is mended, a new one under a new reference."""
    NEVER = "never"
    NONE = "n/a"
    """There is nothing to try again."""


class Who(StrEnum):
    """Who has to act."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    DOKU = "DOKU"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Advice:
    """What follows. `answer` is the glossary code that our API answers with, empty where it never has to."""

    money_moved: MoneyMoved
    hold_funds: bool
    retry: Retry
    who_acts: Who
    next_step: str
    next_step_id: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """What a code means in one system and scope. `known` is False where no table lists it: a best reading."""

    system: System
    code: str
    scope: Scope
    message: str
    """DOKU's words; for the glossary, its example."""
    meaning: str
    meaning_id: str
    outcome: str
    """What the program makes of it: an `Outcome`, a `Finding`, or Biller's hold, release, advise, give up."""
    advice: Advice
    known: bool = True
    service: str = ""
    service_name: str = ""
    service_name_id: str = ""
    http_status: str = ""
    category: str = ""
    states: str = ""
    """Biller's states as the seeds write them, empty where they name none."""
    suggested_action: str = ""
    """DOKU's advice, for reference: `advice` is ours."""
    suggested_action_safe: bool = True
    """Whether DOKU's advice is safe for a payout."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code with all its readings, the likeliest first; there is always one."""

    code: str
    readings: tuple[CodeMeaning, ...]

    @property
    def known(self) -> bool:
        """Whether a table lists it."""
        return any(reading.known for reading in self.readings)
