"""Transfer bank, service 43: the one operation that moves money."""

import uuid

from local.doku_simulator.answers import Answer, Json, Operation, RefusedError, snap
from local.doku_simulator.call import Call
from local.doku_simulator.clock_formats import iso
from local.doku_simulator.fields import AMOUNT, Field, check, read, read_amount
from local.doku_simulator.ledger import Ledger, Session
from local.doku_simulator.money import wire
from local.doku_simulator.settings import Settings
from local.doku_simulator.transfers import State, Transfer, destiny

_FIELDS = (
    Field("partnerReferenceNo", 64),
    Field("customerNumber", 32),
    Field("beneficiaryAccountNumber", 32),
    Field("beneficiaryBankCode", 16),
    *AMOUNT,
    Field("sessionId", 25, required=False),
    Field("additionalInfo.channelCode", 2, required=False),
    Field("additionalInfo.remark", required=False),
)
_STRICT = (
    Field("sessionId", 25),
    *(
        Field(f"additionalInfo.{name}")
        for name in (
            "beneficiaryFirstName",
            "beneficiaryLastName",
            "beneficiaryPhoneNumber",
            "beneficiaryAccountName",
            "senderCountryCode",
            "senderFirstName",
            "senderLastName",
            "senderPersonalId",
            "senderPersonalIdType",
        )
    ),
)


def transfer_bank(ledger: Ledger, settings: Settings, call: Call) -> Answer:
    """2004300 or 2024300 once the deposit is debited; a refusal leaves no trace. The ledger's lock is held."""
    check(call.body, _FIELDS)
    if settings.strict:
        check(call.body, _STRICT)
    amount = read_amount(call.body)
    known = ledger.find(partner_reference_no=call.body["partnerReferenceNo"]) is not None
    if known and settings.duplicate_check:
        raise RefusedError(409, "01", "Duplicate partnerReferenceNo")
    session = _session(ledger, call.body, amount, again=known)
    if ledger.accounts.holder(session.bank, session.account, "") is None:
        raise RefusedError(404, "11", "Invalid Account")
    if ledger.deposit < amount + session.fee:
        raise RefusedError(403, "14", "Insufficient Funds")
    transfer = _transfer(call, session, ledger.new_reference())
    channel = read(call.body, "additionalInfo.channelCode") or ""
    ledger.execute(transfer, destiny(session.account, session.bank, channel, call.now))
    return _answer(transfer, settings.unpaid_answer)


def _session(ledger: Ledger, body: Json, amount: int, again: bool) -> Session:
    """The session named, or, as DOKU's page calls sessionId optional, the newest unused one that fits.

    `again`: its own transfer may use it once more, where there is no duplicate check.
    """
    wanted = (body["beneficiaryAccountNumber"], body["beneficiaryBankCode"], amount)
    if session_id := body.get("sessionId"):
        found = ledger.sessions.get(session_id)
        if found is not None and found.used and not (again and found.used_by == body["partnerReferenceNo"]):
            raise RefusedError(409, "02", "Transaction Has Been Processed")
    else:
        unused = (s for s in reversed(ledger.sessions.values()) if not s.used)
        found = next((s for s in unused if (s.account, s.bank, s.amount) == wanted), None)
    if found is None or (found.account, found.bank, found.amount) != wanted:
        raise RefusedError(404, "18", "Inconsistent Request")
    return found


def _transfer(call: Call, session: Session, reference_no: str) -> Transfer:
    return Transfer(
        partner_reference_no=call.body["partnerReferenceNo"],
        reference_no=reference_no,
        reference_number=str(uuid.uuid4()),
        session_id=session.session_id,
        external_id=call.external_id,
        account=session.account,
        bank=session.bank,
        amount=session.amount,
        fee=session.fee,
        remark=read(call.body, "additionalInfo.remark") or "",
    )


def _answer(transfer: Transfer, unpaid_answer: str) -> Answer:
    waits = transfer.state is State.UNPAID and unpaid_answer == "2024300"
    status, message = (202, "Request In Progress") if waits else (200, "Successful")
    return snap(
        Operation.TRANSFER,
        status,
        "00",
        message,
        referenceNo=transfer.reference_no,
        partnerReferenceNo=transfer.partner_reference_no,
        transactionDate=iso(transfer.at),
        referenceNumber=transfer.reference_number,
        additionalInfo={"sessionId": transfer.session_id, "amount": wire(transfer.amount)},
    )
