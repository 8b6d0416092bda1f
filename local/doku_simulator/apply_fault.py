"""What a fault makes of an answer: other bytes, a pause, a broken connection."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from local.doku_simulator.answers import Answer, Operation, snap
from local.doku_simulator.faults import Fault, Kind
from local.doku_simulator.reply import Ending, Reply, reply

HOLD_SECONDS = 60.0
_MESSAGES = {500: "General Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Timeout"}


@dataclass(frozen=True)
class Struck:
    """A call that a fault falls on, and its honest answer, which is None if the call was not carried out."""

    fault: Fault
    operation: Operation
    path: str
    reference: str
    """The merchant's, as the call names it."""
    answer: Answer | None
    number_codes: bool

    @property
    def honest(self) -> Answer:
        """The answer of a call that was carried out."""
        if self.answer is None:
            raise LookupError(f"{self.fault.kind} needs the call carried out")
        return self.answer

    def reply(self, answer: Answer) -> Reply:
        """That answer as it would go out."""
        return reply(answer, self.number_codes)

    def snap(self, status: int, case: str, message: str) -> Reply:
        """A bare SNAP answer of this operation."""
        return self.reply(snap(self.operation, status, case, message))


def apply_fault(struck: Struck) -> Reply:
    """What goes out instead of the honest answer."""
    return _KINDS[Kind(struck.fault.kind)](struck)


def _silence(struck: Struck) -> Reply:
    seconds = HOLD_SECONDS if struck.fault.seconds is None else struck.fault.seconds
    return Reply(0, ending=Ending.CLOSED, hold=seconds, released=struck.fault.released)


def _error(struck: Struck) -> Reply:
    status = struck.fault.http_status or 500
    honest = snap(struck.operation, status, "00", _MESSAGES.get(status, "Error"))
    return struck.reply(honest.patched(responseCode=struck.fault.response_code or honest.code))


def _reset(struck: Struck) -> Reply:
    return Reply(0, ending=Ending.RESET)


def _reset_mid_body(struck: Struck) -> Reply:
    return replace(struck.reply(struck.honest), ending=Ending.RESET_MID_BODY)


def _garbage(struck: Struck) -> Reply:
    return Reply(200, b"<html><body><h1>It works!</h1></body></html>", content_type="text/html")


def _truncated(struck: Struck) -> Reply:
    whole = struck.reply(struck.honest)
    return replace(whole, status=200, body=whole.body[: len(whole.body) // 2], code=None)


def _empty(struck: Struck) -> Reply:
    return Reply(200)


def _in_progress(struck: Struck) -> Reply:
    if not struck.honest.executed:
        return struck.reply(struck.honest)
    code = f"202{struck.operation.service}00"
    waiting = struck.honest.patched(responseCode=code, responseMessage="Request In Progress")
    return struck.reply(replace(waiting, status=202))


def _throttled(struck: Struck) -> Reply:
    after = struck.fault.retry_after
    headers = () if after is None else (("Retry-After", str(after)),)
    return replace(struck.snap(429, "00", "Too Many Requests"), headers=headers)


def _redirect(struck: Struck) -> Reply:
    old, new = "/v1.0/", "/snap/v1.1/"
    other = struck.path.replace(new, old) if new in struck.path else struck.path.replace(old, new)
    return Reply(struck.fault.http_status or 307, headers=(("Location", struck.fault.location or other),))


def _unknown_code(struck: Struck) -> Reply:
    code = struck.fault.response_code or ""
    leading = int(code[:3]) if code[:3].isdecimal() else 0
    status = struck.fault.http_status or (leading if 200 <= leading <= 599 else 200)
    if "_" in code:  # of the glossary, which has an envelope of its own
        envelope = {"status": "FAILED", "response_code": code, "response_message": "Unmapped"}
        return struck.reply(Answer(status, envelope))
    changed = struck.answer or Answer(status, {})
    changed = changed.patched(responseCode=code, responseMessage="Unmapped")
    return struck.reply(replace(changed, status=status))


def _string_codes(struck: Struck) -> Reply:
    return reply(struck.honest, number_codes=False)


def _number_codes(struck: Struck) -> Reply:
    return reply(struck.honest, number_codes=True)


def _unauthorized(struck: Struck) -> Reply:
    return struck.snap(401, "01", "Invalid Token (B2B)")


def _not_found(struck: Struck) -> Reply:
    return struck.snap(404, "01", "Transaction Not Found")


def _maintenance(struck: Struck) -> Reply:
    envelope = {
        "status": "FAILED",
        "response_code": "MAINTENANCE_MODE",
        "response_message": "The service is under maintenance",
    }
    return struck.reply(Answer(503, envelope))


def _slow(struck: Struck) -> Reply:
    seconds = 1.0 if struck.fault.seconds is None else struck.fault.seconds
    return replace(struck.reply(struck.honest), hold=seconds, released=struck.fault.released)


def _slow_head(struck: Struck) -> Reply:
    seconds = 1.0 if struck.fault.seconds is None else struck.fault.seconds
    whole = struck.reply(struck.honest)
    return replace(whole, line_pause=seconds, padding=struck.fault.lines, released=struck.fault.released)


def _late(struck: Struck) -> Reply:
    """The answer to a request that will be executed later."""
    if struck.fault.how == "unauthorized":
        return _unauthorized(struck)
    if struck.fault.how == "in-progress":
        return struck.reply(
            snap(struck.operation, 202, "00", "Request In Progress", partnerReferenceNo=struck.reference)
        )
    return Reply(0, ending=Ending.CLOSED)


def _honest(struck: Struck) -> Reply:
    return struck.reply(struck.honest)


def _pending(struck: Struck) -> Reply:
    said = {"originalPartnerReferenceNo": struck.reference, "serviceCode": "43", "latestTransactionStatus": "03"}
    return struck.reply(snap(struck.operation, 200, "00", "Successful", **said))


def _contradictory(struck: Struck) -> Reply:
    """A successful status answer that contradicts itself: "FAILED, no, paid" and the like."""
    if not struck.honest.executed:
        return struck.reply(struck.honest)
    if struck.fault.how == "duplicate-members":
        whole = struck.reply(struck.honest)
        first = b'{"latestTransactionStatus":"06","serviceCode":"17",'
        return replace(whole, body=first + whole.body.removeprefix(b"{"))
    contradictions: dict[str, dict[str, Any]] = {
        "reference-list": {"originalPartnerReferenceNo": [struck.reference, "ANOTHER-TRANSFER"]},
        "service-code": {"serviceCode": "17"},
        "original-code": {"latestTransactionStatus": "00", "originalResponseCode": "4034314"},
    }
    return _with_changes(struck, contradictions[struck.fault.how or ""])


def _other_reference(struck: Struck) -> Reply:
    return _with_changes(struck, {"originalReferenceNo": struck.fault.reference or "DK99999999"})


def _crossed(struck: Struck) -> Reply:
    """The answer to another client's question: well-formed, and about another account, amount and transfer."""
    inner = struck.honest.body.get("additionalInfo")
    changes: dict[str, Any] = {
        **dict.fromkeys(("partnerReferenceNo", "originalPartnerReferenceNo"), "ANOTHER-TRANSFER"),
        **dict.fromkeys(("referenceNo", "sessionId"), "I9999999999999999"),
        "originalReferenceNo": "DK99999999",
        "latestTransactionStatus": "00",
        "beneficiaryAccountNumber": "9999999999",
        "beneficiaryAccountName": "SOMEBODY ELSE",
        "beneficiaryBankCode": "008",
        "amount": {"value": "77777.00", "currency": "IDR"},
    }
    if isinstance(inner, dict) and "beneficiaryAmount" in inner:
        changes["additionalInfo"] = inner | {"beneficiaryAmount": "77777.00"}
    return _with_changes(struck, changes)


def _status_says(struck: Struck) -> Reply:
    said = struck.fault.latest_transaction_status
    return _with_changes(struck, {"latestTransactionStatus": said})


def _wrong_reference(struck: Struck) -> Reply:
    other = struck.fault.reference or "ANOTHER-TRANSFER"
    return _with_changes(struck, dict.fromkeys(("partnerReferenceNo", "originalPartnerReferenceNo"), other))


def _wrong_amount(struck: Struck) -> Reply:
    value = struck.fault.value or "1.00"
    inner = struck.honest.body.get("additionalInfo")
    changes: dict[str, Any] = {"amount": {"value": value, "currency": "IDR"}}
    if isinstance(inner, dict) and "amount" in inner:
        changes["additionalInfo"] = inner | {"amount": value}
    return _with_changes(struck, changes)


def _with_changes(struck: Struck, changes: dict[str, Any]) -> Reply:
    """The honest answer, if it is a success, with those of the fields replaced that it has."""
    answer = struck.honest
    if answer.executed:
        answer = answer.patched(**{name: value for name, value in changes.items() if name in answer.body})
    return struck.reply(answer)


_KINDS: dict[Kind, Callable[[Struck], Reply]] = {
    Kind.TIMEOUT_BEFORE: _silence,
    Kind.TIMEOUT_AFTER: _silence,
    Kind.HOLD_AFTER: _silence,
    Kind.ERROR_BEFORE: _error,
    Kind.ERROR_AFTER: _error,
    Kind.RESET_BEFORE: _reset,
    Kind.RESET_AFTER: _reset,
    Kind.RESET_MID_BODY: _reset_mid_body,
    Kind.GARBAGE: _garbage,
    Kind.TRUNCATED: _truncated,
    Kind.EMPTY: _empty,
    Kind.IN_PROGRESS: _in_progress,
    Kind.THROTTLED: _throttled,
    Kind.REDIRECT: _redirect,
    Kind.UNKNOWN_CODE: _unknown_code,
    Kind.STRING_CODES: _string_codes,
    Kind.NUMBER_CODES: _number_codes,
    Kind.UNAUTHORIZED: _unauthorized,
    Kind.NOT_FOUND: _not_found,
    Kind.MAINTENANCE: _maintenance,
    Kind.SLOW: _slow,
    Kind.STATUS_SAYS: _status_says,
    Kind.WRONG_REFERENCE: _wrong_reference,
    Kind.WRONG_AMOUNT: _wrong_amount,
    Kind.SLOW_HEAD: _slow_head,
    Kind.LATE: _late,
    Kind.DEAD_TOKEN: _honest,
    Kind.PENDING: _pending,
    Kind.CONTRADICTORY: _contradictory,
    Kind.OTHER_REFERENCE: _other_reference,
    Kind.CROSSED: _crossed,
    Kind.UNAUTHORIZED_AFTER: _unauthorized,
}
