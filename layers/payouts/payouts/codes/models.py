"""Types of the catalogue: systems, scopes, advice and meanings."""

from dataclasses import dataclass
from enum import StrEnum


class System(StrEnum):
    """The system that a code belongs to, the likeliest first for a code of several systems."""

    SNAP = "snap"
    """responseCode of seven digits: HTTP status, service, case."""
    GLOSSARY = "glossary"
    """response_code of the Error Codes Glossary."""
    BILLER = "biller"
    """Response code of DOKU Biller."""
    SNAP_STATUS = "snap-status"
    """latestTransactionStatus of check status."""
    KIRIM_DOKU_STATUS = "kirim-doku-status"
    """transactionStatus of a notification, and of the legacy API."""
    KIRIM_DOKU_PAYMENT = "kirim-doku-payment"
    """originalResponseCode of check status."""
    HTTP = "http"
    """HTTP status code of the glossary."""
    KIRIM_DOKU_NOTIFICATION = "kirim-doku-notification"
    """The merchant's reply to a notification, and activityCode."""
    KIRIM_DOKU_LEGACY = "kirim-doku-legacy"
    """Status of an answer of the legacy API."""
    PAYOUTS = "payouts"
    """This program's own reasons."""
    UNKNOWN = "unknown"
    """No known system."""


class Scope(StrEnum):
    """The kind of call that a code answers. The same code may mean moved money in one and not in another."""

    TRANSFER = "transfer"
    QUESTION = "question"
    """Account inquiry, balance, token: moves nothing."""
    STATUS = "status"
    """Check status: moves nothing, and is about a transfer."""
    STATE = "state"
    """The state of a transfer, not an answer to a call."""
    INQUIRY = "inquiry"
    PAYMENT = "payment"
    ADVICE = "advice"
    """INQUIRY, PAYMENT and ADVICE are DOKU Biller's states."""
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
    """Not this request. Once the cause is fixed, a new one under a new reference."""
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
    """The advice for a code. `answer` is the glossary code of our API's answer, empty if the API never gives one."""

    money_moved: MoneyMoved
    hold_funds: bool
    retry: Retry
    who_acts: Who
    next_step: str
    next_step_id: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """The meaning of a code in one system and scope. `known` is False for a best guess: no table lists the code."""

    system: System
    code: str
    scope: Scope
    message: str
    """DOKU's words; for the glossary, its example."""
    meaning: str
    meaning_id: str
    outcome: str
    """How the program classifies it: an `Outcome`, a `Finding`, or for Biller hold, release, advise or give up."""
    advice: Advice
    known: bool = True
    service: str = ""
    service_name: str = ""
    service_name_id: str = ""
    http_status: str = ""
    category: str = ""
    states: str = ""
    """Biller's states in DOKU's words, empty if DOKU names none."""
    suggested_action: str = ""
    """DOKU's own advice, for reference."""
    suggested_action_safe: bool = True
    """False if following DOKU's advice could pay twice."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code with all its readings, the likeliest first; there is always one."""

    code: str
    readings: tuple[CodeMeaning, ...]

    @property
    def known(self) -> bool:
        """True if a table lists the code."""
        return any(reading.known for reading in self.readings)
