"""The schemas of the API's responses. Only for the document: the functions write plain JSON and do not import this.

tests/integration/test_openapi_answers.py compares real responses with them, field by field.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from payouts.codes.models import MoneyMoved, Retry, Scope, System, Who
from payouts.domain.balance_proof import Verdict
from payouts.domain.money import WIRE
from payouts.domain.transfer import Finding, NextAction, Source, Status

Wire = Annotated[str, Field(pattern=f"^{WIRE.pattern}$", examples=["200000.00"])]
ErrorCode = Literal[
    "INVALID_PARAMETER",
    "VALIDATION_ERROR",
    "TRANSACTION_NOT_FOUND",
    "DUPLICATE_TRANSACTION",
    "MERCHANT_NOT_ACTIVE",
    "TOO_MANY_REQUESTS",
    "MAINTENANCE_MODE",
    "SERVER_ERROR",
    "FORBIDDEN",
    "SELF_APPROVAL",
    "CONTENT_CHANGED",
    "SAME_LIST",
    "TOO_LATE",
]


_NEXT_ACTIONS = {
    NextAction.NONE: "nothing to do",
    NextAction.WAIT: "DOKU is still asked; do not pay again",
    NextAction.ASK_DOKU: "ask DOKU's support before you pay again",
    NextAction.TOP_UP: "not paid: top up the balance, then pay again under a new partnerReferenceNo",
    NextAction.CORRECT_AND_RESEND: "not paid: correct the details, then pay again under a new partnerReferenceNo",
    NextAction.SETTLE: "DOKU's answers contradict each other: do not pay again, an operator must settle the transfer",
}
NextStep = Annotated[
    NextAction, Field(description="\n".join(f"- `{action}`: {_NEXT_ACTIONS[action]}" for action in NextAction))
]


def known(values: type[StrEnum]) -> Any:
    """Text and not an enum: a newer version of this software may have written other values."""
    names = ", ".join(f"`{value}`" for value in values)
    return Field(description=f"one of {names}, or a value of a newer version", examples=[str(next(iter(values)))])


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class Rupiah(_Answer):
    """An amount as DOKU writes it."""

    value: Wire
    currency: Literal["IDR"]


class Reason(_Answer):
    """The observation behind the status: DOKU's code and message, or an operator's decision."""

    code: str
    message: str


class Observation(_Answer):
    """One observation of a transfer. Empty fields are omitted."""

    at: datetime
    finding: str = known(Finding)
    source: str = known(Source)
    code: str = Field(default="", description="DOKU's code")
    message: str = Field(default="", description="DOKU's message")
    reference_no: str = Field(default="", description="DOKU's reference")
    external_id: str = Field(default="", description="X-EXTERNAL-ID of the request that was answered")
    original_response_code: str = Field(default="", description="the bank's code, where DOKU passes it on")
    original_response_message: str = Field(default="", description="the bank's message, where DOKU passes it on")
    transaction_date: str = Field(default="", description="DOKU's time of the transaction, as DOKU writes it")
    reference_number: str = Field(default="", description="DOKU's further reference of the transfer request")
    cash_in_time: str = Field(default="", description="when the beneficiary was credited, as DOKU writes it")


class TransferSummary(_Answer):
    """A transfer in a list."""

    partner_reference_no: str = Field(description="the merchant's reference, unique per transfer")
    status: Status
    status_description: str = Field(description="the status in words")
    final: bool = Field(description="true if no response or notification of DOKU contradicts the status")
    next_action: NextStep
    review: bool = Field(
        description="true if an operator must act: status checks cannot settle it, or it has been open for seven days"
    )
    reference_no: str | None = Field(description="DOKU's reference, once it is known")
    session_id: str
    amount: Rupiah
    fee: Rupiah | None
    customer_number: str
    beneficiary_account_number: str
    beneficiary_bank_code: str
    beneficiary_account_name: str = Field(description="as sent to DOKU")
    remark: str | None
    batch_reference: str | None = Field(description="the batch that created it; null for a single transfer")
    batch_row: int | None = Field(description="the number of its row in the batch")
    reason: Reason | None
    created_at: datetime
    created_by: str | None = Field(description="`sub` of the token that it was created with; may be personal")
    updated_at: datetime
    next_check_at: datetime | None = Field(description="time of the next status check; null if none is due")


class Transfer(TransferSummary):
    """A transfer with its history, oldest first."""

    version: int = Field(ge=1, description="grows with each write; a settlement names the version that was read")
    history: list[Observation]


class Note(_Answer):
    """A note of the support desk."""

    at: datetime
    by: str = Field(description="`sub` of the writer's token; may be personal")
    text: str


class Notes(_Answer):
    """The notes on a transfer, oldest first."""

    notes: list[Note]


class TransferList(_Answer):
    """A page of transfers."""

    day: date | SkipJsonSchema[None] = Field(default=None, description="in WIB; only in the list of a day")
    transfers: list[TransferSummary]
    cursor: str | None = Field(description="for the next page; null after the last")


class Inquiry(_Answer):
    """The bank's account."""

    partner_reference_no: str
    session_id: str = Field(description="for one transfer, within the hour")
    reference_no: str
    beneficiary_account_number: str
    beneficiary_account_name: str = Field(description="the bank's name for the account")
    beneficiary_bank_code: str
    beneficiary_bank_name: str
    amount: Rupiah
    fee: Rupiah | None
    expires_at: datetime
    additional_info: dict[str, Any] = Field(description="as DOKU sent it")


class Balance(_Answer):
    """The balance. Null where DOKU did not report a value."""

    account_no: str
    name: str
    available_balance: Rupiah | None
    hold_amount: Rupiah | None
    credit_alert_limit: Rupiah | None
    accepts_transfers: bool = Field(description="false while an operator has stopped new transfers")


Difference = Annotated[str, Field(pattern=r"^-?(0|[1-9][0-9]{0,15})\.[0-9]{2}$", examples=["-200000.00"])]


class SignedRupiah(_Answer):
    """A difference of amounts."""

    value: Difference
    currency: Literal["IDR"]


class ProofOfBalance(_Answer):
    """What our transfers explain of the change of the balance between two readings."""

    from_: datetime = Field(alias="from", description="when the opening balance was read")
    to: datetime = Field(description="when the closing balance was read")
    verdict: Verdict = Field(
        description="`EXPLAINED` exactly; `UNCERTAIN`: what is in doubt may explain the difference; `DECREASE` and"
        " `INCREASE`: nothing explains it; `UNKNOWN`: there is one reading only"
    )
    opening: Rupiah
    paid: Rupiah = Field(description="amounts that DOKU took for certain")
    fees: Rupiah
    refunds: Rupiah = Field(description="amounts that DOKU returned for certain. A fee is never assumed to come back")
    expected: SignedRupiah = Field(description="opening - paid - fees + refunds")
    actual: Rupiah
    difference: SignedRupiah = Field(description="actual - expected")
    in_doubt: Rupiah = Field(description="amounts and fees that DOKU may have taken by now, or may not")
    unexplained_decrease: Rupiah = Field(description="the largest fall of the day that nothing explains")
    unexplained_increase: Rupiah
    unstated_fees: int = Field(ge=0, description="transfers whose fee DOKU did not state")


class BalanceReading(_Answer):
    """A balance that DOKU stated."""

    at: datetime
    available: Rupiah


class BalanceDay(_Answer):
    """The balance of a day, measured every 15 minutes. The first reading is the last of the day before."""

    day: date
    proof: ProofOfBalance | None = Field(description="null if the balance was not measured on this day")
    readings: list[BalanceReading]


class Bank(BaseModel):
    """A bank or e-wallet, as a hint."""

    code: str
    name: str
    short_name: str
    swift: str
    kind: Literal["bank", "bank_uus", "e-wallet", "wallet", "marketplace_va"]
    note: str


class Banks(_Answer):
    """Banks and e-wallets, the most used first."""

    banks: list[Bank]


class Reading(_Answer):
    """The meaning of a code in one system. Optional fields are present where the system has them."""

    system: System
    code: str
    applies_to: Scope
    known: bool = Field(description="false if no table lists the code: the most likely meaning")
    message: str
    meaning: str
    meaning_id: str = Field(description="in Indonesian")
    outcome: str
    money_moved: MoneyMoved
    hold_funds: bool
    retry: Retry
    who_acts: Who
    next_step: str
    next_step_id: str = Field(description="in Indonesian")
    service: str = ""
    service_name: str = ""
    service_name_id: str = ""
    http_status: str = ""
    category: str = ""
    states: str = ""
    suggested_action: str = Field(default="", description="DOKU's advice")
    suggested_action_safe: bool = Field(default=True, description="whether that is safe for a payout")
    source: str = ""


class Explanation(_Answer):
    """A code with all its readings, the likeliest first."""

    code: str
    known: bool
    readings: list[Reading]


class Codes(_Answer):
    """Codes by system and words."""

    codes: list[Explanation]


class Health(_Answer):
    """The API answers."""

    status: Literal["ok"]


class ExistingTransfer(_Answer):
    """The existing transfer under the reference or key of a refused request."""

    partner_reference_no: str
    status: Status = Field(description="of the transfer")
    next_action: NextStep
    batch_reference: str | None = Field(description="the batch that created it; null for a single transfer")
    batch_row: int | None


class Error(BaseModel):
    """The error, with a code of DOKU's glossary, or of our own about batches, and the next step."""

    status: Literal["FAILED"] = Field(description="of the request, not of a transfer")
    response_code: ErrorCode
    response_message: str = Field(min_length=1)
    request_id: str
    retryable: bool = Field(description="whether the same request may be sent again")
    doku_response_code: str = Field(default="", description="if DOKU sent one")
    doku_response_message: str = Field(default="", description="if DOKU sent one")
    beneficiary_account_name: str = Field(
        default="", alias="beneficiaryAccountName", description="the bank's name, if it differs from the expected one"
    )
    transfers_stopped: bool = Field(
        default=False, alias="transfersStopped", description="true if an operator has stopped new transfers"
    )
    transfer: ExistingTransfer | SkipJsonSchema[None] = Field(default=None, description="if a transfer exists already")


class GatewayMessage(BaseModel):
    """A response of API Gateway itself."""

    message: str | None


class NotificationReply(_Answer):
    """The response that DOKU expects to a notification."""

    status: bool
    transaction_id: str
    response_code: str = Field(description="00 if the notification is accepted")
    response_message: str


class Notification(_Answer):
    """A notification of DOKU. Only transactionId is required."""

    transaction_id: Annotated[str, Field(min_length=1, max_length=64)] = Field(description="DOKU's reference")
    send_trx_id: str = Field(default="", description="the merchant's partnerReferenceNo")
    transaction_status: str = Field(default="", description="50 success, 35 failed, 20 unpaid, 40 refunded")
    message: str = ""


class ReportedTransfer(_Answer):
    """What a transfer reports: its status and what follows from it."""

    partner_reference_no: str
    status: Status
    final: bool = Field(description="true if no answer or notification of DOKU contradicts the status")
    next_action: NextStep
    amount: Rupiah
    reference_no: str | None = Field(description="DOKU's reference; null while it is not known")
    status_version: int = Field(ge=1, description="grows with each change; ignore a webhook with a lower one")


class TransferUpdated(_Answer):
    """A webhook about a change of a transfer."""

    type: Literal["transfer.updated"]
    timestamp: datetime = Field(description="time of the change")
    data: ReportedTransfer


ALL: tuple[type[BaseModel], ...] = (
    *(Transfer, TransferSummary, TransferList, Notes, Inquiry, Balance, BalanceDay, Banks, Explanation, Codes, Health),
    *(Error, GatewayMessage, Notification, NotificationReply, TransferUpdated),
)
