"""Examples for the document: DOKU's sample messages, from events/, and responses from the API's own code."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from payouts.codes.explain import explain
from payouts.codes.models import System
from payouts.doku import banks
from payouts.doku.messages import InquiryRequest
from payouts.doku.responses import Balance, Inquiry
from payouts.domain.balance_proof import Reading, Sums
from payouts.domain.doku_said import DokuSaid
from payouts.domain.errors import (
    Duplicate,
    InvalidParameter,
    LimitReached,
    Misconfigured,
    Mismatch,
    NotFound,
    PayoutError,
    Refused,
    Stopped,
    Throttled,
    Unavailable,
    ValidationFailed,
)
from payouts.domain.money import Rupiah
from payouts.domain.schedule import FIRST_CHECK
from payouts.domain.transfer import Finding, Intent, Observation, Source, Transfer, record, with_status_version
from payouts.services.create_transfer import STOPPED
from payouts.store.balance_readings import BalanceDay
from payouts.store.inquiry_sessions import InquirySession
from payouts.store.notes import Note
from payouts.webhooks.message import WebhookMessage
from transfer_api import balance_proof as proof_of_balance
from transfer_api import error_responses, response_codes, responses

_EVENTS = Path(__file__).parents[2] / "events"
_AT = 1_726_558_912_022  # 2024-09-17T14:41:52.022+07:00
_REQUEST_ID = "JKJaXmPLvHcESHA="
_RUPIAH = Rupiah.parse("200000.00")
_FEE = Rupiah.parse("4500.00")


def _transfer(*findings: Finding) -> Transfer:
    intent = Intent(
        *("PAY-0001", "628115678890", "8377388292", "014", _RUPIAH, "I0438729855304540"),
        beneficiary_account_name="SUHUT",
    )
    created = Transfer(intent, "", _AT, ("0f8fad5bd9cb469f",), next_check_at=_AT + FIRST_CHECK, fee=_FEE)
    created = _stored(created, Observation(_AT, Finding.SUBMITTING, Source.SUBMIT, external_id="0f8fad5bd9cb469f"))
    for number, finding in enumerate(findings, 1):
        source = Source.SUBMIT if number == 1 else Source.STATUS_CHECK
        code = ("", "no answer from DOKU (ReadTimeout)") if finding is Finding.IN_DOUBT else ("2004300", "Successful")
        reference = "DK01123220" if finding is Finding.SUCCESS else ""
        seen = Observation(_AT + number * 61_000, finding, source, *code, reference, asked=created.version)
        created = _stored(created, seen)
    return created


def _stored(transfer: Transfer, seen: Observation) -> Transfer:
    return replace(with_status_version(transfer, record(transfer, seen)), version=transfer.version + 1)


ERRORS: dict[str, PayoutError] = {
    "missing field": InvalidParameter("amount is required"),
    "unknown parameter": InvalidParameter("the route has no query parameter 'colour'; it takes refresh"),
    "excluded parameter": InvalidParameter("open cannot be combined with day"),
    "wrong field": ValidationFailed('amount.value must be a string with two decimals, such as "200000.00"'),
    "refused by the bank": Refused(
        *(
            "VALIDATION_ERROR",
            422,
            False,
            "DOKU answered 4044211 Invalid Account. Correct the account, then inquire again",
        ),
        DokuSaid("4044211", "Invalid Account"),
    ),
    "unknown transfer": NotFound("there is no transfer with this partnerReferenceNo"),
    "another name": Mismatch(
        'the bank has this account under the name "SUHUT", not under "FHILEA"; nothing was sent', "SUHUT"
    ),
    "reference is taken": Duplicate(
        "partnerReferenceNo PAY-0001 is used by a transfer with other details, which is IN_DOUBT. This request sent"
        " nothing. Do not pay under another reference: read that transfer first and follow its nextAction",
        transfer=_transfer(Finding.IN_DOUBT),
    ),
    "reference is taken by another caller": Duplicate(
        "partnerReferenceNo PAY-0001 is used by a transfer with other details. This request sent nothing. Do not pay"
        " under another reference: ask whoever created that transfer, or for a token with transfers:read"
    ),
    "no more notes": Mismatch("the transfer's personal data was erased, so it takes no more notes; nothing was stored"),
    "too many notes": Mismatch("the transfer has 50 notes already"),
    "changed meanwhile": Mismatch("PAY-0001 changed while you decided: it is SUCCESS at version 5 now. Read it again"),
    "not enabled": Refused(
        *("MERCHANT_NOT_ACTIVE", 403, False, "DOKU answered 4034207 Merchant Blocked. Ask DOKU to enable the merchant"),
        DokuSaid("4034207", "Merchant Blocked"),
    ),
    "too many requests": Throttled("the table is throttled; send the same request again in a moment"),
    "limit of the day": LimitReached(
        "the limit of 500000000.00 rupiah a day for this deployment leaves no room for this transfer; nothing was sent."
        " It resets at 2024-09-18T00:00:00+07:00",
        33_489,
    ),
    "wrong deployment": Misconfigured("the DOKU secret has no clientId"),
    "no answer": Unavailable("DOKU cannot be reached; send the same request again"),
    "stopped": Stopped(STOPPED),
}


def request(event: str) -> Any:
    """The body of a sample event."""
    return json.loads(json.loads((_EVENTS / f"{event}.json").read_text())["body"])


def error(name: str) -> dict[str, Any]:
    """An error as the API writes it."""
    return error_responses.body(ERRORS[name], _REQUEST_ID)


def transfer(*findings: Finding) -> Any:
    """The transfer of DOKU's sample after these findings."""
    return _plain(responses.transfer(_transfer(*findings), _AT / 1000))


def transfer_updated() -> Any:
    """The webhook about DOKU's sample when it is paid."""
    return json.loads(WebhookMessage.about(_transfer(Finding.ACCEPTED, Finding.SUCCESS)).body)


def transfers() -> Any:
    """A day with one transfer."""
    found = responses.summary(_transfer(Finding.ACCEPTED, Finding.SUCCESS), _AT / 1000)
    return _plain({"day": "2024-09-17", "transfers": [found], "cursor": None})


def notes() -> Any:
    """One note."""
    return _plain(responses.notes([Note(_AT, "dewi@example.com", "Asked DOKU, ticket 4711.")]))


def inquiry() -> Any:
    """The account of DOKU's sample, with the fields that DOKU adds, and the reference of the request's example."""
    asked = InquiryRequest(
        partner_reference_no=request("account-inquiry")["partnerReferenceNo"],
        customer_number="628115678890",
        amount=_RUPIAH,
        beneficiary_account_number="8377388292",
        beneficiary_bank_code="014",
        beneficiary_account_name="SUHUT",
    )
    session_id = "I0438729855304540"
    additional = {
        "senderCountryCode": "ID",
        "forexRate": "1.00",
        "forexOriginCurrency": "IDR",
        "feeAmount": str(_FEE),
        "feeCurrency": "IDR",
        "beneficiaryAmount": str(_RUPIAH),
        "referenceNumber": "6a1b7c4e-9f53-4c0e-8d37-2d1f6ab0c9e5",
    }
    found = Inquiry(session_id, session_id, "SUHUT", "Bank Central Asia BCA", _FEE, additional)
    session = InquirySession(session_id, "8377388292", "014", _RUPIAH, "SUHUT", _FEE, _AT // 1000 + 3600)
    return _plain(responses.inquiry(asked, found, session))


def balance() -> Any:
    """The balance of DOKU's sample."""
    available, limit = Rupiah.parse("823781442.13"), Rupiah.parse("50000000.00")
    return _plain(
        responses.balance(Balance("A41418", "PT MERCHANT", available, Rupiah(0), limit), accepts_transfers=True)
    )


def balance_proof() -> Any:
    """A day with one transfer, explained."""
    took = Sums().with_debit(_transfer(Finding.ACCEPTED))
    opening = Reading(_AT, _AT + 400, 823_781_442_13, Sums(), starts=True)
    closing = Reading(_AT + 900_000, _AT + 900_400, opening.available - took.paid - took.fees, took)
    return _plain(proof_of_balance.body(BalanceDay("2024-09-17", readings=(opening, closing))))


def bank() -> Any:
    """One bank."""
    return {"banks": [asdict(found) for found in banks.search("014")]}


def code() -> Any:
    """An insufficient deposit."""
    return _plain(response_codes.explanation(explain("4034314", System.SNAP)))


def _plain(value: Any) -> Any:
    """As it is on the wire."""
    return json.loads(json.dumps(value))
