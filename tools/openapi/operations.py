"""Descriptions, parameters and examples of each route, beyond those in the code and the template."""

from dataclasses import dataclass, field
from typing import Any

from payouts.codes.models import System
from payouts.doku.fields import REFERENCE_PATTERN
from payouts.domain.transfer import Finding, Status
from tools.openapi import examples
from transfer_api.idempotency import KEY_PATTERN

Examples = dict[str, Any]
_OURS = ("Error",)
_GATEWAYS = ("GatewayMessage",)
_EITHER = ("Error", "GatewayMessage")


@dataclass(frozen=True)
class Answer:
    """One status of an operation: the schemas that its body may have, and an example for each kind of it."""

    description: str
    schemas: tuple[str, ...]
    examples: Examples
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One route. `request` is the name of the schema of its body."""

    name: str
    tag: str
    summary: str
    answers: dict[int, Answer]
    description: str = ""
    parameters: tuple[dict[str, Any], ...] = ()
    request: str = ""
    request_examples: Examples = field(default_factory=dict)
    request_required: bool = True


def query_parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter of an operation."""
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _header(name: str, description: str, schema: dict[str, Any], required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "required": required, "schema": schema}


def _errors(*names: str) -> Examples:
    return {name: examples.error(name) for name in names}


_DAY = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"  # an empty query parameter counts as absent
LIMIT = {"type": "integer", "minimum": 1, "maximum": 100}
_REFERENCE = {
    "name": "partnerReferenceNo",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": f"^(?:{REFERENCE_PATTERN})$"},
    "example": "PAY-0001",
}
_SYSTEM = query_parameter(
    "system", "one system only", {"enum": ["", *(str(one) for one in System if one is not System.UNKNOWN)]}
)
_DENIED = {
    401: Answer(
        "No token, or one that is expired, forged or for another audience", _GATEWAYS, {"": {"message": "Unauthorized"}}
    ),
    403: Answer("The token has none of the scopes", _GATEWAYS, {"": {"message": "Forbidden"}}),
}
_FAILED = {
    429: Answer("Too many requests", _EITHER, _errors("too many requests"), ("Retry-After",)),
    500: Answer("The deployment is misconfigured, or an unexpected error", _EITHER, _errors("wrong deployment")),
    503: Answer("DOKU or an AWS service does not answer; try again", _EITHER, _errors("no answer"), ("Retry-After",)),
}
USUAL = {**_DENIED, **_FAILED}
WRONG = {
    400: Answer(
        "Not readable, a field is missing, or there is a query parameter; nothing was sent",
        _OURS,
        _errors("missing field"),
    ),
    413: Answer("The body is larger than 10 MB", _GATEWAYS, {"": {"message": "Request Entity Too Large"}}),
    422: Answer(
        "A field is wrong, or DOKU refused it; nothing was sent", _OURS, _errors("wrong field", "refused by the bank")
    ),
}
_BODY = {
    400: WRONG[400],
    413: WRONG[413],
    422: Answer(
        "A field is wrong, or the token does not say who writes; nothing was stored", _OURS, _errors("wrong field")
    ),
}
_NOT_ENABLED = {
    403: Answer(
        "The token has none of the scopes, or DOKU has not enabled the merchant for this",
        _EITHER,
        {"scope": {"message": "Forbidden"}, **_errors("not enabled")},
    )
}
BAD_QUERY = {
    400: Answer("The route has no such query parameter", _OURS, _errors("unknown parameter")),
    422: Answer("A parameter is wrong", _OURS, _errors("wrong field")),
}
_UNKNOWN = {404: Answer("There is no such transfer", _OURS, _errors("unknown transfer"))}
_NOTIFIED = {
    200: Answer(
        "Accepted; a status check confirms it",
        ("NotificationReply",),
        {
            "": {
                "status": True,
                "transactionId": "DK0018353",
                "responseCode": "00",
                "responseMessage": "Successfully processed",
            }
        },
    ),
    **{
        status: Answer(
            description,
            ("NotificationReply", "GatewayMessage") if status in (413, 429, 500, 503) else ("NotificationReply",),
            {"": {"status": False, "transactionId": "", "responseCode": "99", "responseMessage": message}},
        )
        for status, description, message in (
            (400, "Not a notification of DOKU", "the body is not a JSON object"),
            (
                401,
                "Not signed by DOKU, or a requestId that came with another body",
                "agentKey or signature is not valid",
            ),
            (404, "There is no such notification", "unknown notification path"),
            (413, "The body is larger than 10 MB", ""),
            (429, "Too many requests", ""),
            (500, "Unexpected error: send it again", "try again later"),
            (503, "Not accepted: send it again", "try again later"),
        )
    },
}
_SIGNED = (
    _header("agentKey", "the merchant's agent key, issued by DOKU", {"type": "string"}, required=True),
    _header(
        "requestId",
        "id of this notification, signed together with agentKey; only the first body that came with it is accepted",
        {"type": "string"},
        required=True,
    ),
)
_CHECKED = Answer("The transfer", ("Transfer",), {"paid": examples.transfer(Finding.ACCEPTED, Finding.SUCCESS)})


def _notification(kind: str, summary: str) -> Operation:
    return Operation(
        name=f"notify{kind.capitalize()}",
        tag="DOKU's notifications",
        summary=summary,
        description="DOKU calls this route. Register its URL with DOKU. A notification is a hint: a status check"
        " confirms it before anything changes. Only DOKU can sign it: any other call is answered with 401.",
        parameters=_SIGNED,
        request="Notification",
        request_examples={"DOKU sample": examples.request(f"{kind}-notification")},
        answers=_NOTIFIED,
    )


OPERATIONS: dict[str, Operation] = {
    "POST /v1/account-inquiries": Operation(
        name="inquireAccount",
        tag="Transfers",
        summary="Inquire an account: its holder's name, the fee, and a session for one transfer",
        request="AccountInquiry",
        request_examples={"DOKU sample": examples.request("account-inquiry")},
        answers={
            200: Answer("The bank's account", ("Inquiry",), {"": examples.inquiry()}),
            **USUAL,
            **WRONG,
            **_NOT_ENABLED,
        },
    ),
    "POST /v1/transfers": Operation(
        name="createTransfer",
        tag="Transfers",
        summary="Pay, at most once per partnerReferenceNo",
        description="Repeating the same request is safe: the response is the same transfer, and nothing is sent. The"
        " request names a session of an account inquiry, or the name that the bank must have for the account. It needs"
        " a partnerReferenceNo, in the body or derived from an Idempotency-Key.",
        parameters=(
            _header(
                "Idempotency-Key",
                "sent once, 8 to 128 printable ASCII characters other than space and comma; gives the reference where"
                " the body has none, else is bound to it",
                {"type": "string", "pattern": f"^{KEY_PATTERN}$"},
            ),
        ),
        request="CreateTransfer",
        request_examples={"DOKU sample": examples.request("create-transfer")},
        answers={
            201: Answer(
                "The transfer is accepted, or final already: see its status",
                ("Transfer",),
                {"accepted": examples.transfer(Finding.ACCEPTED)},
                ("Location", "Idempotency-Replayed"),
            ),
            202: Answer(
                "The outcome is not known yet; status checks ask DOKU, and it is never sent again",
                ("Transfer",),
                {"in doubt": examples.transfer(Finding.IN_DOUBT)},
                ("Location", "Idempotency-Replayed"),
            ),
            **USUAL,
            **WRONG,
            **_NOT_ENABLED,
            409: Answer(
                "The bank has another name, the session is not usable, or the reference belongs to another request;"
                " nothing was sent. `transfer` is the existing one, absent if the caller may not see it: do not pay"
                " under another reference unless its nextAction is TOP_UP or CORRECT_AND_RESEND",
                _OURS,
                _errors("another name", "reference is taken", "reference is taken by another caller"),
            ),
            429: Answer(
                "Too many requests, or a limit of the day is reached (not retryable); nothing was sent",
                _EITHER,
                _errors("too many requests", "limit of the day"),
                ("Retry-After",),
            ),
            503: Answer(
                "DOKU or an AWS service does not answer, or new transfers are stopped; nothing was sent",
                _EITHER,
                _errors("no answer", "stopped"),
                ("Retry-After",),
            ),
        },
    ),
    "GET /v1/transfers": Operation(
        name="listTransfers",
        tag="Transfers",
        summary="Transfers of a day, of a beneficiary's account, with a reference of DOKU's, or all open ones",
        description="`day`, `open`, `referenceNo` and `beneficiaryAccountNumber` exclude each other.",
        parameters=(
            query_parameter("day", "a day in WIB, by default today; newest first", {"type": "string", "pattern": _DAY}),
            query_parameter("status", "only these of the day", {"enum": ["", *map(str, Status)]}),
            query_parameter("open", "those of any day that are not final, in no order of time", {"enum": ["", "true"]}),
            query_parameter("referenceNo", "DOKU's reference", {"type": "string", "pattern": "^[ -~]{0,64}$"}),
            query_parameter(
                "beneficiaryAccountNumber",
                "those of any day to this account, newest first",
                {"type": "string", "pattern": "^[0-9]{0,32}$"},
            ),
            query_parameter("cursor", "of the page before, not with `referenceNo`", {"type": "string"}),
            query_parameter("limit", "transfers a page; 50 by default", {"anyOf": [LIMIT, {"const": ""}]}),
        ),
        answers={
            200: Answer("A page", ("TransferList",), {"": examples.transfers()}),
            **USUAL,
            **BAD_QUERY,
            400: Answer("A parameter is unknown, or excluded by another", _OURS, _errors("excluded parameter")),
        },
    ),
    "GET /v1/transfers/{partnerReferenceNo}": Operation(
        name="getTransfer",
        tag="Transfers",
        summary="A transfer and its history",
        parameters=(
            _REFERENCE,
            query_parameter(
                "refresh", "ask DOKU if it is open and was not just checked", {"type": "boolean", "default": False}
            ),
        ),
        answers={200: _CHECKED, **USUAL, **_UNKNOWN, **BAD_QUERY},
    ),
    "POST /v1/transfers/{partnerReferenceNo}/status-checks": Operation(
        name="checkStatus",
        tag="Transfers",
        summary="Check the status of a transfer with DOKU",
        description="DOKU is asked unless it was asked about this transfer in the last 10 seconds.",
        parameters=(_REFERENCE,),
        answers={200: _CHECKED, **USUAL, **_UNKNOWN, **BAD_QUERY, 413: WRONG[413]},
    ),
    "GET /v1/transfers/{partnerReferenceNo}/notes": Operation(
        name="listNotes",
        tag="Support",
        summary="The notes on a transfer",
        parameters=(_REFERENCE,),
        answers={200: Answer("The notes", ("Notes",), {"": examples.notes()}), **USUAL, **_UNKNOWN, **BAD_QUERY},
    ),
    "POST /v1/transfers/{partnerReferenceNo}/notes": Operation(
        name="addNote",
        tag="Support",
        summary="Write a note on a transfer",
        description="A note changes nothing about the transfer. The writer is the `sub` of the token.",
        parameters=(_REFERENCE,),
        request="NewNote",
        request_examples={"": examples.request("add-note")},
        answers={
            201: Answer("All notes; without transfers:read, the new one only", ("Notes",), {"": examples.notes()}),
            **USUAL,
            **_UNKNOWN,
            **_BODY,
            409: Answer(
                "The transfer has 50 notes already, or its personal data was erased",
                _OURS,
                _errors("too many notes", "no more notes"),
            ),
        },
    ),
    "POST /v1/transfers/{partnerReferenceNo}/settlement": Operation(
        name="settleTransfer",
        tag="Support",
        summary="Record the outcome that DOKU has confirmed, where status checks cannot settle it",
        description="As `payouts settle`: for a transfer whose nextAction is SETTLE or ASK_DOKU, one open for seven"
        " days, or one that was settled before. The decision is stored with the `sub` of the token and the reason. A"
        " later word of DOKU that contradicts it makes the transfer DISPUTED again.",
        parameters=(_REFERENCE,),
        request="Settlement",
        request_examples={"": examples.request("settle-transfer")},
        answers={
            200: Answer("The transfer", ("Transfer",), {"paid": examples.transfer(Finding.ACCEPTED, Finding.SUCCESS)}),
            **USUAL,
            **_UNKNOWN,
            **_BODY,
            409: Answer(
                "It changed since `version` was read, or needs no decision", _OURS, _errors("changed meanwhile")
            ),
        },
    ),
    "GET /v1/balance": Operation(
        name="getBalance",
        tag="Transfers",
        summary="The balance that transfers are paid from",
        answers={
            200: Answer("The balance", ("Balance",), {"": examples.balance()}),
            **USUAL,
            **_NOT_ENABLED,
            **BAD_QUERY,
            422: Answer("DOKU refused the inquiry", _OURS, _errors("refused by the bank")),
        },
    ),
    "GET /v1/balance-proof": Operation(
        name="getBalanceProof",
        tag="Transfers",
        summary="Whether our transfers explain the change of a day's balance",
        parameters=(query_parameter("day", "a day in WIB, by default today", {"type": "string", "pattern": _DAY}),),
        answers={200: Answer("The day", ("BalanceDay",), {"": examples.balance_proof()}), **USUAL, **BAD_QUERY},
    ),
    "GET /v1/banks": Operation(
        name="listBanks",
        tag="Reference",
        summary="Bank and e-wallet codes, as hints",
        parameters=(query_parameter("query", "words of the code, the name or the SWIFT code", {"type": "string"}),),
        answers={200: Answer("Banks", ("Banks",), {"": examples.bank()}), **USUAL, 400: BAD_QUERY[400]},
    ),
    "GET /v1/response-codes": Operation(
        name="listCodes",
        tag="Reference",
        summary="DOKU's codes, by system and words",
        parameters=(_SYSTEM, query_parameter("query", "words that each must hold", {"type": "string"})),
        answers={200: Answer("Codes", ("Codes",), {"": {"codes": [examples.code()]}}), **USUAL, **BAD_QUERY},
    ),
    "GET /v1/response-codes/{code}": Operation(
        name="explainCode",
        tag="Reference",
        summary="Explain a response code: whether money moved, and the next step",
        description="An unknown code is not an error: `known` is false.",
        parameters=(
            {
                "name": "code",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "minLength": 1},
                "example": "4034314",
            },
            _SYSTEM,
        ),
        answers={200: Answer("Its readings", ("Explanation",), {"": examples.code()}), **USUAL, **BAD_QUERY},
    ),
    "POST /notifications/kirim-doku/unpaid": _notification("unpaid", "A transfer that was UNPAID is paid or failed"),
    "POST /notifications/kirim-doku/refund": _notification("refund", "A transfer was refunded"),
    "GET /health": Operation(
        name="health",
        tag="Reference",
        summary="Whether the API answers",
        answers={200: Answer("It answers", ("Health",), {"": {"status": "ok"}}), **_FAILED},
    ),
}
