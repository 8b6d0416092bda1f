"""Examples about batches, from the API's own code."""

import json
from dataclasses import replace
from typing import Any

from payouts.domain.account_name import NameMatch
from payouts.domain.batch import Action, Batch, BatchFile, BatchStatus, Event, IllegalTransition, TooLate
from payouts.domain.batch_approval import ContentChanged, Forbidden, SelfApproval
from payouts.domain.batch_rows import BatchRow, RowOutcome, checked_summary, digest, sums
from payouts.domain.errors import Duplicate, NotFound
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent
from payouts.services.batch_files import Upload, upload_key
from payouts.services.change_batch import SameList
from payouts.services.repay_batch import NothingToRepay
from payouts.services.result_file import ResultLink
from payouts.webhooks.message import WebhookMessage
from transfer_api import batch_responses, error_responses

_AT = 1_726_558_912_022  # 2024-09-17T14:41:52.022+07:00
_ROW = BatchRow(
    number=1,
    intent=Intent(
        *("PAYROLL-2024-09-1", "628115678890", "8377388292", "014", Rupiah.parse("200000.00"), ""),
        beneficiary_account_name="SUHUT",
    ),
    outcome=RowOutcome.OK,
    bank_name="SUHUT",
    name_match=str(NameMatch.EXACT),
    fee=Rupiah.parse("4500.00"),
)
_FILE = BatchFile("88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589", 0, 2, Rupiah.parse("450000.00"))
_SUMMARY = checked_summary([_ROW])
ERRORS = {
    "unknown batch": NotFound("there is no batch with this batchReference"),
    "batch exists": Duplicate(
        "batchReference PAYROLL-2024-09 is used by a batch with other content; use another reference"
    ),
    "too late": TooLate("the batch is SETTLING; nothing is left to cancel"),
    "file refused": IllegalTransition(
        "expectedCount is 2, but there are 3 transfers. Correct the file, and create the batch again with its sha256"
    ),
    "no result": IllegalTransition("the batch is PAYING and has no result; it is written after the last send"),
    "result deleted": NotFound("the result was deleted 30 days after it was written"),
    "nothing to repay": NothingToRepay(
        "no row of the batch failed that is not paid again already. Nothing was changed"
    ),
    "own batch": SelfApproval("you created, changed or submitted this batch; another person must decide about it"),
    "no person": Forbidden("only a person approves: the token names none, or was issued to a program"),
    "same list": SameList("PAYROLL-2024-08"),
    "content changed": ContentChanged(
        "the batch is not the one that this digest names: read it again before you decide"
    ),
}


def error(name: str) -> Any:
    """An error as the API writes it."""
    return error_responses.body(ERRORS[name], "JKJaXmPLvHcESHA=")


def batch(status: BatchStatus) -> Any:
    """A batch of one row."""
    found = Batch("PAYROLL-2024-09", "", _AT, 1, status=status, history=(Event(_AT, "dewi", Action.CREATED),))
    if status is BatchStatus.PENDING_APPROVAL:
        found = replace(found, submitted_at=_AT, approvals_required=1)
        found = replace(found, digest=digest(found, [_SUMMARY.seal]))
    return _plain(batch_responses.batch(found, [_SUMMARY], sums([_SUMMARY]), _AT / 1000))


def created() -> Any:
    """A batch that came with its rows."""
    return {**batch(BatchStatus.READY), "upload": None}


def with_upload() -> Any:
    """A batch that waits for its file."""
    found = Batch("PAYROLL-2024-09", "", _AT, 0, history=(Event(_AT, "dewi", Action.CREATED),), file=_FILE)
    form = Upload("https://kirim-doku-files.s3.ap-southeast-3.amazonaws.com/", _fields(found), _AT + 900_000)
    shown = batch_responses.batch(found, [], sums([]), _AT / 1000)
    return _plain({**shown, "upload": batch_responses.upload(form)})


def _fields(found: Batch) -> dict[str, str]:
    return {
        "key": upload_key(found),
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": "ASIAEXAMPLE/20240917/ap-southeast-3/s3/aws4_request",
        "x-amz-date": "20240917T074152Z",
        "x-amz-security-token": "IQoJb3JpZ2luX2VjEXAMPLE",
        "policy": "eyJleHBpcmF0aW9uIjogIjIwMjQtMDktMTdUMDc6NTY6NTJaIn0=",
        "x-amz-signature": "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    }


def batches() -> Any:
    """A month with one batch."""
    found = Batch(
        "PAYROLL-2024-09", "", _AT, 1, status=BatchStatus.READY, history=(Event(_AT, "dewi", Action.CREATED),)
    )
    return _plain({"month": "2024-09", "batches": [batch_responses.brief(found)], "cursor": None})


def repayment() -> Any:
    """A batch whose rows are collected."""
    found = Batch(
        *("PAYROLL-2024-09-A", "", _AT, 0), history=(Event(_AT, "dewi", Action.CREATED),), repays="PAYROLL-2024-09"
    )
    return _plain({**batch_responses.batch(found, [], sums([]), _AT / 1000), "upload": None})


def updated() -> Any:
    """The webhook about a batch that waits for approval."""
    found = Batch(
        *("PAYROLL-2024-09", "", _AT, 1),
        status=BatchStatus.PENDING_APPROVAL,
        history=(Event(_AT, "dewi", Action.SUBMITTED),),
        status_version=5,
    )
    return json.loads(WebhookMessage.about_batch(found, sums([_SUMMARY])).body)


def result() -> Any:
    """A link to a result."""
    url = f"https://kirim-doku-files.s3.ap-southeast-3.amazonaws.com/results/PAYROLL-2024-09/{_AT}.csv?X-Amz-Expires=60"
    return batch_responses.result(ResultLink(url, _AT + 60_000, _AT, True))


def rows() -> Any:
    """A page with one row."""
    return _plain({"rows": [batch_responses.row(_ROW, None, None, None)], "cursor": None})


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))
