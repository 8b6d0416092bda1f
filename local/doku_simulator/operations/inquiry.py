"""Account inquiry, service 42: whose account is it, what is the fee, and a session for one transfer."""

import secrets
import uuid

from local.doku_simulator.accounts import bank_name
from local.doku_simulator.answers import Answer, Json, Operation, RefusedError, snap
from local.doku_simulator.call import Call
from local.doku_simulator.fields import AMOUNT, Field, check, read_amount
from local.doku_simulator.ledger import Ledger, Session
from local.doku_simulator.money import parse_amount, rupiah, wire
from local.doku_simulator.settings import Settings

# DOKU's page does not mark beneficiaryAccountName and senderCountryCode as mandatory; the live sandbox demands them.
_FIELDS = (
    Field("partnerReferenceNo", 64),
    Field("customerNumber", 32),
    *AMOUNT,
    Field("beneficiaryAccountNumber", 32),
    Field("additionalInfo.beneficiaryBankCode", 16),
    Field("additionalInfo.beneficiaryAccountName"),
    Field("additionalInfo.senderCountryCode", 2),
    Field("additionalInfo.channelCode", 2, required=False),
)


def inquire(ledger: Ledger, settings: Settings, call: Call) -> Answer:
    """2004200 with a session; 4044203 for an unknown bank, 4044211 for an unknown account.

    The ledger's lock is held.
    """
    check(call.body, _FIELDS)
    amount = read_amount(call.body)
    account, bank = call.body["beneficiaryAccountNumber"], call.body["additionalInfo"]["beneficiaryBankCode"]
    if not ledger.accounts.has_bank(bank):
        raise RefusedError(404, "03", "Bank Not Supported By Switch")
    holder = ledger.accounts.holder(bank, account, call.body["additionalInfo"]["beneficiaryAccountName"])
    if holder is None:
        raise RefusedError(404, "11", "Invalid Account")
    session = Session(f"I{secrets.randbelow(10**16):016d}", account, bank, amount, parse_amount(settings.fee))
    ledger.sessions[session.session_id] = session
    return _answer(call.body, session, holder)


def _answer(body: Json, session: Session, holder: str) -> Answer:
    return snap(
        Operation.INQUIRY,
        200,
        "00",
        "Successful",
        referenceNo=session.session_id,
        partnerReferenceNo=body["partnerReferenceNo"],
        beneficiaryAccountNumber=session.account,
        beneficiaryAccountName=holder,
        beneficiaryBankCode=session.bank,
        beneficiaryBankShortName=bank_name(session.bank),
        beneficiaryBankName=bank_name(session.bank),
        amount=rupiah(session.amount),
        sessionId=session.session_id,
        additionalInfo={
            "senderCountryCode": body["additionalInfo"]["senderCountryCode"],
            "forexRate": "1.00",
            "forexOriginCurrency": "IDR",
            "feeAmount": wire(session.fee),
            "feeCurrency": "IDR",
            "beneficiaryAmount": wire(session.amount),
            "referenceNumber": str(uuid.uuid4()),
        },
    )
