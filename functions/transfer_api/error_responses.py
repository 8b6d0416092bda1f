"""Errors in the format of DOKU's glossary, each with a message that says what to do next."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response

from payouts.domain.errors import MethodNotAllowed, Mismatch, PayoutError, Stopped
from transfer_api import responses


def response(error: PayoutError, request_id: str) -> Response[str]:
    """The response to a request that failed."""
    return json_response(error.http_status, body(error, request_id), _headers(error))


def body(error: PayoutError, request_id: str) -> dict[str, Any]:
    """The body: the glossary's fields, DOKU's code and message if DOKU refused, and what else is known of the cause.

    `status` is the request's and always FAILED; it says nothing about a transfer.
    """
    fields: dict[str, Any] = {
        "status": "FAILED",
        "response_code": error.code,
        "response_message": error.message,
        "request_id": request_id,
        "retryable": error.retryable,
    }
    if error.doku is not None and (error.doku.code or error.doku.message):
        fields["doku_response_code"] = error.doku.code
        fields["doku_response_message"] = error.doku.message
    if isinstance(error, Mismatch) and error.account_name:
        fields["beneficiaryAccountName"] = error.account_name
    if isinstance(error, Stopped):
        fields["transfersStopped"] = True
    if error.transfer is not None:
        fields["transfer"] = responses.transfer_brief(error.transfer)
    return fields


def _headers(error: PayoutError) -> dict[str, str]:
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    return headers


def json_response(status: int, content: Any, headers: dict[str, str] | None = None) -> Response[str]:
    """A JSON response that must not be cached."""
    return Response(
        status_code=status,
        content_type="application/json",
        body=json.dumps(content, separators=(",", ":"), ensure_ascii=False),
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
