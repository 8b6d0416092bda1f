"""The requests of the transfer API, with the fields and lengths of docs/doku-protocol.md.

Fields that DOKU has in `additionalInfo` may be given there or at the top level.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from payouts.doku import fields
from payouts.doku.messages import InquiryRequest, wire_name
from payouts.domain.errors import InvalidParameter
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent
from payouts.store.notes import MOST_CHARACTERS


@dataclass(frozen=True, slots=True)
class Written:
    """A check of text that a person wrote: 1 to `most` printable characters, without blanks at the ends."""

    most: int

    def __call__(self, value: str) -> str:
        """The text without blanks around it. Raises ValueError."""
        text = value.strip()
        if not 0 < len(text) <= self.most or not text.isprintable():
            raise ValueError(f"must be 1 to {self.most} printable characters in one line")
        return text


Reference = Annotated[str, AfterValidator(fields.REFERENCE)]
CustomerNumber = Annotated[str, AfterValidator(fields.CUSTOMER_NUMBER)]
AccountNumber = Annotated[str, AfterValidator(fields.ACCOUNT_NUMBER)]
BankCode = Annotated[str, AfterValidator(fields.BANK_CODE)]
SessionId = Annotated[str, AfterValidator(fields.SESSION_ID)]
CountryCode = Annotated[str, AfterValidator(fields.COUNTRY_CODE)]
ChannelCode = Annotated[str, AfterValidator(fields.CHANNEL_CODE)]
Name = Annotated[str, AfterValidator(fields.NAME)]
Remark = Annotated[str, AfterValidator(fields.REMARK)]
ShortText = Annotated[str, AfterValidator(fields.SHORT_TEXT)]


class Amount(BaseModel):
    """An amount in DOKU's format."""

    model_config = ConfigDict(extra="forbid", strict=True)

    value: Annotated[str, AfterValidator(fields.whole_rupiah)]
    currency: Literal["IDR"]


class _Strict(BaseModel):
    model_config = ConfigDict(alias_generator=wire_name, extra="forbid", strict=True, frozen=True)


class _Request(_Strict):
    additional: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _lift_additional_info(cls, given: dict[str, Any]) -> dict[str, Any]:
        nested = given.get("additionalInfo")
        if nested is None:
            return {name: value for name, value in given.items() if name != "additionalInfo"}
        if not isinstance(nested, dict):
            raise ValueError("additionalInfo must be an object")
        lifted = {name: value for name, value in given.items() if name != "additionalInfo"}
        for name, value in nested.items():
            if lifted.setdefault(name, value) != value:
                raise ValueError(f"{name} is given twice with different values")
        return lifted


class AccountInquiry(_Request):
    """POST /v1/account-inquiries."""

    partner_reference_no: Reference | None = None
    customer_number: CustomerNumber
    beneficiary_account_number: AccountNumber
    beneficiary_bank_code: BankCode
    beneficiary_account_name: Name
    amount: Amount
    sender_country_code: CountryCode = "ID"
    channel_code: ChannelCode | None = None

    def to_inquiry(self, default_reference: str) -> InquiryRequest:
        """The inquiry for DOKU; `default_reference` is used if the request has none."""
        return InquiryRequest(
            partner_reference_no=self.partner_reference_no or default_reference,
            customer_number=self.customer_number,
            amount=Rupiah.parse(self.amount.value),
            beneficiary_account_number=self.beneficiary_account_number,
            beneficiary_bank_code=self.beneficiary_bank_code,
            beneficiary_account_name=self.beneficiary_account_name,
            sender_country_code=self.sender_country_code,
            channel_code=self.channel_code or "",
        )


class Settlement(_Strict):
    """POST /v1/transfers/{partnerReferenceNo}/settlement."""

    verdict: Literal["SUCCESS", "FAILED", "REFUNDED"]
    reason: Annotated[str, AfterValidator(Written(200))]
    version: Annotated[int, Field(ge=1)]


class NewNote(_Strict):
    """POST /v1/transfers/{partnerReferenceNo}/notes."""

    text: Annotated[str, AfterValidator(Written(MOST_CHARACTERS))]


class CreateTransfer(_Request):
    """POST /v1/transfers. Contains either the sessionId of an account inquiry or the expected account name."""

    partner_reference_no: Reference | None = None
    customer_number: CustomerNumber
    beneficiary_account_number: AccountNumber
    beneficiary_bank_code: BankCode
    amount: Amount
    session_id: SessionId | None = None
    fee_type: ShortText | None = None
    channel_code: ChannelCode | None = None
    beneficiary_first_name: Name | None = None
    beneficiary_last_name: Name | None = None
    beneficiary_phone_number: CustomerNumber | None = None
    beneficiary_bank_name: Name | None = None
    beneficiary_account_name: Name | None = None
    sender_country_code: CountryCode = "ID"
    sender_first_name: Name | None = None
    sender_last_name: Name | None = None
    sender_personal_id: Name | None = None
    sender_personal_id_type: ShortText | None = None
    remark: Remark | None = None

    def to_intent(self, reference: str) -> Intent:
        """The transfer to create. Raises InvalidParameter if both sessionId and account name are missing."""
        if self.session_id is None and self.beneficiary_account_name is None:
            raise InvalidParameter("beneficiaryAccountName is required if sessionId is missing")
        given = self.model_dump(exclude_none=True, exclude={"partner_reference_no", "amount"})
        given.setdefault("session_id", "")
        return Intent(partner_reference_no=reference, amount=Rupiah.parse(self.amount.value), **given)
