"""Descriptions, parameters and examples of the batch routes."""

from typing import Any

from payouts.domain.batch import BatchStatus
from payouts.domain.batch_rows import RowOutcome
from payouts.domain.transfer import Status
from payouts.services.batch_result import NOT_PAID
from tools.openapi import batch_examples, examples
from tools.openapi.operations import BAD_QUERY, LIMIT, USUAL, WRONG, Answer, Examples, Operation, query_parameter
from transfer_api.batch_requests import BATCH_REFERENCE

_OURS = ("Error",)
_EITHER = ("Error", "GatewayMessage")
_REFERENCE = {
    "name": "batchReference",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": f"^(?:{BATCH_REFERENCE.pattern})$"},
    "example": "PAYROLL-2024-09",
}
_ROW = {"name": "row", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}, "example": 1}


def _errors(*names: str) -> Examples:
    return {name: batch_examples.error(name) for name in names}


_UNKNOWN = {404: Answer("There is no such batch or row", _OURS, _errors("unknown batch"))}
_WRITE: dict[int, Answer] = {
    **USUAL,
    **_UNKNOWN,
    403: Answer(
        "The token has none of the scopes, or no `sub`",
        _EITHER,
        {"scope": {"message": "Forbidden"}, **_errors("no person")},
    ),
    400: BAD_QUERY[400],
    409: Answer("Not possible in the batch's status; nothing was changed", _OURS, _errors("too late")),
    413: WRONG[413],
    422: Answer(
        "Something in the request is wrong; nothing was changed",
        _OURS,
        {"wrong field": examples.error("wrong field")},
    ),
}
_READY = {"": batch_examples.batch(BatchStatus.READY)}
_PENDING = {"": batch_examples.batch(BatchStatus.PENDING_APPROVAL)}


def _change(name: str, summary: str, status: int = 200, description: str = "", **more: Any) -> Operation:
    """A route that answers with the changed batch."""
    answers = {status: Answer("The batch", ("Batch",), _READY), **_WRITE, **more.pop("answers", {})}
    parameters = more.pop("parameters", (_REFERENCE,))
    return Operation(name, "Batches", summary, answers, description, parameters=parameters, **more)


_CHECKED = {
    400: Answer(
        "Not readable, a field is missing, or there is a query parameter; nothing was changed",
        _OURS,
        {"missing field": examples.error("missing field")},
    )
}
_PATH = "/v1/batches/{batchReference}"

OPERATIONS: dict[str, Operation] = {
    "POST /v1/batches": _change(
        "createBatch",
        "Create a batch of up to 1,000 transfers, or of a CSV or XLSX file with up to 100,000",
        201,
        "With `transfers`, the bank's name of each account is checked at once. With the `sha256` of a file, `upload` is"
        " a form for it: POST its fields and then the file to its URL, and start the check with POST .../checks."
        " Repeating the same request is safe: the response is the same batch, with a new form while it waits for its"
        " file. Until the rows are stored, a request with another `sha256`, `expectedCount` or `expectedTotal` replaces"
        " them. Nothing is paid before another person has approved the batch.",
        parameters=(),
        request="CreateBatch",
        request_examples={
            "two salaries": examples.request("create-batch"),
            "a file": examples.request("create-batch-of-file"),
        },
        answers={
            201: Answer(
                "The batch",
                ("CreatedBatch",),
                {"two salaries": batch_examples.created(), "a file": batch_examples.with_upload()},
                ("Location", "Idempotency-Replayed"),
            ),
            **_CHECKED,
            409: Answer(
                "The reference belongs to another batch, or the transfers differ from expectedCount or expectedTotal",
                _OURS,
                _errors("batch exists"),
            ),
        },
    ),
    "GET /v1/batches": Operation(
        "listBatches",
        "Batches",
        "Batches of a month, newest first",
        {200: Answer("A page", ("BatchList",), {"": batch_examples.batches()}), **USUAL, **BAD_QUERY},
        parameters=(
            query_parameter(
                "month",
                "a month in WIB, by default the present one; with `status=PENDING_APPROVAL`, by default all months",
                {"type": "string", "pattern": "^(20[0-9]{2}-(0[1-9]|1[0-2]))?$"},
            ),
            query_parameter(
                "status",
                "only these; PENDING_APPROVAL for those that wait for an approver",
                {"enum": ["", *map(str, BatchStatus)]},
            ),
            query_parameter("cursor", "of the page before", {"type": "string"}),
            query_parameter("limit", "batches a page; 50 by default", {"anyOf": [LIMIT, {"const": ""}]}),
        ),
    ),
    f"GET {_PATH}": Operation(
        "getBatch",
        "Batches",
        "A batch: its status, counts and sums, and who did what when",
        {200: Answer("The batch", ("Batch",), _PENDING), **USUAL, **_UNKNOWN, **BAD_QUERY},
        parameters=(_REFERENCE,),
    ),
    f"GET {_PATH}/rows": Operation(
        "listBatchRows",
        "Batches",
        "The rows of a batch, in their order",
        {200: Answer("A page", ("BatchRows",), {"": batch_examples.rows()}), **USUAL, **_UNKNOWN, **BAD_QUERY},
        "A page may have fewer rows than asked for, even none, and still a cursor.",
        parameters=(
            _REFERENCE,
            query_parameter("outcome", "only these", {"enum": ["", *map(str, RowOutcome)]}),
            query_parameter("status", "only those whose transfer is so", {"enum": ["", *map(str, Status), NOT_PAID]}),
            query_parameter("cursor", "of the page before", {"type": "string"}),
            query_parameter("limit", "rows a page; 50 by default", {"anyOf": [LIMIT, {"const": ""}]}),
        ),
    ),
    f"GET {_PATH}/result": Operation(
        "getBatchResult",
        "Batches",
        "A link to the result of a batch: a CSV file with what became of each row",
        {
            200: Answer("The link", ("BatchResult",), {"": batch_examples.result()}),
            **USUAL,
            **BAD_QUERY,
            404: Answer(
                "There is no such batch, or its result was deleted", _OURS, _errors("unknown batch", "result deleted")
            ),
            409: Answer("There is no result yet", _OURS, _errors("no result")),
        },
        "It is written once every row was sent, and again when the last transfer is final.",
        parameters=(_REFERENCE,),
    ),
    f"POST {_PATH}/repayments": _change(
        "repayBatch",
        "Pay the failed rows of a batch again, as a new batch to be checked and approved",
        201,
        "Rows whose transfer failed for good, and rows without a transfer that were not paid. Each row is in one"
        " repayment at most. Repeating the same request is safe: the response is the same batch.",
        request="RepayBatch",
        request_examples={"": examples.request("repay-batch")},
        answers={
            201: Answer(
                "The batch",
                ("CreatedBatch",),
                {"": batch_examples.repayment()},
                ("Location", "Idempotency-Replayed"),
            ),
            **_CHECKED,
            409: Answer(
                "Rows may still be sent, no row is left to be paid again, or the reference belongs to another batch",
                _OURS,
                _errors("nothing to repay", "batch exists"),
            ),
        },
    ),
    f"POST {_PATH}/checks": _change(
        "checkBatch",
        "Read the uploaded file and check its rows, or check the rows again that could not be checked",
        202,
        "A file with another SHA-256 than the declared one, or one that cannot be read as a whole, leaves the batch"
        " RECEIVING, and `file.problem` says why.",
        answers={
            409: Answer(
                "Not possible in the batch's status, or the content of the file was refused",
                _OURS,
                _errors("file refused"),
            )
        },
    ),
    f"PATCH {_PATH}/rows/{{row}}": _change(
        "changeBatchRow",
        "Exclude or include a row, or confirm the bank's name or a possible duplicate",
        parameters=(_REFERENCE, _ROW),
        request="ChangeRow",
        request_examples={"confirm": {"nameConfirmed": True}, "exclude": {"excluded": True}},
        answers=_CHECKED,
    ),
    f"PATCH {_PATH}/rows": _change(
        "changeBatchRows",
        "The same for up to 1,000 rows",
        request="ChangeRows",
        request_examples={"confirm": {"rows": [1, 2], "nameConfirmed": True}},
        answers=_CHECKED,
    ),
    f"POST {_PATH}/submission": _change(
        "submitBatch",
        "Submit a READY batch for approval",
        description="Its digest names exactly this content. If another batch had the same accounts and amounts within"
        " 35 days, a body must confirm it.",
        request="Submit",
        request_required=False,
        request_examples={"the same list again": {"sameListConfirmed": True}},
        answers={
            **_CHECKED,
            409: Answer(
                "The batch is not READY, or another one has the same accounts and amounts", _OURS, _errors("same list")
            ),
        },
    ),
    f"POST {_PATH}/withdrawal": _change("withdrawBatch", "Take a submission back; its approvals are dropped"),
    f"POST {_PATH}/approvals": _change(
        "decideBatch",
        "Approve or reject the content that a digest names",
        description="Only a person decides, and only one who did not create, change or submit the batch.",
        request="Decide",
        request_examples={
            "approve": {"decision": "APPROVE", "digest": batch_examples.batch(BatchStatus.PENDING_APPROVAL)["digest"]}
        },
        answers={
            **_CHECKED,
            403: Answer(
                "The token has none of the scopes or names no person, or the person created, changed or submitted it",
                _EITHER,
                {"scope": {"message": "Forbidden"}, **_errors("own batch", "no person")},
            ),
            409: Answer(
                "The content is another one, or the batch waits for no approval", _OURS, _errors("content changed")
            ),
        },
    ),
    f"POST {_PATH}/pause": _change("pauseBatch", "Send no further row until it is resumed"),
    f"POST {_PATH}/resume": _change("resumeBatch", "Go on after a pause, or try funds and limits at once", 202),
    f"POST {_PATH}/cancellation": _change(
        "cancelBatch",
        "Cancel what was not sent",
        202,
        "CANCELLED once no row can be sent any more; the batch then says how many rows were sent before.",
    ),
}
