"""A transfer in DOKU's books, and the sandbox rules for its outcome."""

from dataclasses import dataclass, field
from enum import Enum

from local.doku_simulator.answers import Json
from local.doku_simulator.clock_formats import next_odd_hour
from local.doku_simulator.money import wire

UNPAID_TO_PAID_SECONDS = 240  # "under 5 minutes"
REFUND_SECONDS = 300
REFUND_ACCOUNT = "7746555134"
UNPAID_ACCOUNT_PART = "12345"
FAILING_BANK = "002"


class State(Enum):
    """A transfer's state: latestTransactionStatus, a notification's transactionStatus, and the text for each."""

    PAID = ("00", "50", "Transfer Approve", "Transaction is successfully processed")
    UNPAID = ("03", "20", "Transfer Pending", "Transaction is pending")
    REFUNDED = ("04", "40", "Transfer Refunded", "Transaction is refunded")
    FAILED = ("06", "35", "Transfer Failed", "Transaction is failed")

    def __init__(self, snap: str, kirim: str, response: str, description: str) -> None:
        self.snap, self.kirim, self.response, self.description = snap, kirim, response, description


@dataclass(frozen=True)
class Change:
    """A state that a transfer takes on at a moment (epoch seconds)."""

    at: float
    state: State


@dataclass
class Transfer:
    """One executed transfer-bank. Amounts in sen. `changes` has what has happened so far, the first on creation."""

    partner_reference_no: str
    reference_no: str
    reference_number: str
    session_id: str
    external_id: str
    account: str
    bank: str
    amount: int
    fee: int
    remark: str
    changes: list[Change] = field(default_factory=list)

    @property
    def at(self) -> float:
        """When it was accepted."""
        return self.changes[0].at

    @property
    def state(self) -> State:
        """Where it stands now."""
        return self.changes[-1].state

    def paid_at(self) -> float | None:
        """The time of the payment; None if there was none."""
        return next((change.at for change in self.changes if change.state is State.PAID), None)

    def as_json(self) -> Json:
        """The transfer as the control API shows it."""
        return {
            "partnerReferenceNo": self.partner_reference_no,
            "referenceNo": self.reference_no,
            "sessionId": self.session_id,
            "externalId": self.external_id,
            "beneficiaryAccountNumber": self.account,
            "beneficiaryBankCode": self.bank,
            "amount": wire(self.amount),
            "fee": wire(self.fee),
            "state": self.state.name,
            "status": self.state.snap,
            "at": self.at,
            "changes": [{"at": change.at, "state": change.state.name} for change in self.changes],
        }


def destiny(account: str, bank: str, channel: str, now: float) -> list[Change]:
    """The states of a transfer that is accepted now, in order of time."""
    if account == REFUND_ACCOUNT:
        return [Change(now, State.PAID), Change(now + REFUND_SECONDS, State.REFUNDED)]
    if UNPAID_ACCOUNT_PART not in account or channel not in ("", "07"):
        return [Change(now, State.PAID)]
    if bank == FAILING_BANK:
        return [Change(now, State.UNPAID), Change(next_odd_hour(now), State.FAILED)]
    return [Change(now, State.UNPAID), Change(now + UNPAID_TO_PAID_SECONDS, State.PAID)]
