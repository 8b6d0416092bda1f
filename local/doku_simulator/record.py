"""The ledger entry of a request: what was asked, done and answered."""

import json
from dataclasses import dataclass

from local.doku_simulator.answers import Answer, Json, Operation, RefusedError
from local.doku_simulator.auth import Request
from local.doku_simulator.faults import Fault
from local.doku_simulator.fields import parse_object, read
from local.doku_simulator.reply import Ending, Reply


@dataclass(frozen=True)
class Asked:
    """A request for an operation at a time, its body read as far as that goes."""

    operation: Operation
    request: Request
    body: Json
    now: float

    @property
    def reference(self) -> str | None:
        """The merchant's reference that the body names, its own or the original one."""
        value = self.body.get("partnerReferenceNo", self.body.get("originalPartnerReferenceNo"))
        return value if isinstance(value, str) else None

    @property
    def subject(self) -> str | None:
        """What faults are about: the account of an inquiry, whose reference the merchant does not choose."""
        if self.operation is not Operation.INQUIRY:
            return self.reference
        account = self.body.get("beneficiaryAccountNumber")
        return account if isinstance(account, str) else None


def asked(operation: Operation, request: Request, now: float) -> Asked:
    """The request with its body, {} if that is no JSON object."""
    try:
        return Asked(operation, request, parse_object(request.body), now)
    except RefusedError:
        return Asked(operation, request, {}, now)


def outcome(ask: Asked, answer: Answer | None, out: Reply, fault: Fault | None) -> Json:
    """What was done (`executed`) and answered (httpStatus and responseCode None if nothing was).

    `pending` is true from the answer to a request that is carried out late until then.
    """
    answered = out.ending is Ending.ANSWERED
    said = _body(out) if answered and ask.operation is Operation.STATUS else {}
    return {
        "operation": ask.operation.value,
        "httpStatus": out.status if answered else None,
        "responseCode": out.code if answered else None,
        "executed": answer is not None and answer.executed,
        "pending": False,
        "fault": None if fault is None else fault.kind,
        "at": ask.now,
        "latestTransactionStatus": said.get("latestTransactionStatus"),
        "originalReferenceNo": said.get("originalReferenceNo"),
    }


def _body(out: Reply) -> Json:
    """The body as it goes out; {} for what is no JSON object."""
    try:
        body = json.loads(out.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def particulars(ask: Asked) -> Json:
    """Some values of a request, as received: those that tests compare."""
    body, headers = ask.body, ask.request.headers
    return {
        "path": ask.request.target,
        "partnerReferenceNo": ask.reference,
        "externalId": headers.get("x-external-id"),
        "timestamp": headers.get("x-timestamp"),
        "amount": read(body, "amount.value"),
        "beneficiaryAccountNumber": body.get("beneficiaryAccountNumber"),
        "beneficiaryBankCode": read(body, "beneficiaryBankCode") or read(body, "additionalInfo.beneficiaryBankCode"),
        "sessionId": body.get("sessionId"),
    }
