"""Every failure in the format of DOKU's glossary (seed 002), with what to do next."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response

from payouts.domain.errors import MethodNotAllowed, PayoutError
from transfer_api import responses


def response(error: PayoutError, request_id: str) -> Response[str]:
    """The answer to a request that failed."""
    return json_response(error.http_status, body(error, request_id), _headers(error))


def body(error: PayoutError, request_id: str) -> dict[str, Any]:
    """`status`, `response_code`, `response_message`, `request_id`, `retryable`, and where they exist DOKU's own words
    and the transfer that stands. `status` is the request's: always FAILED."""
    members: dict[str, Any] = {
        "status": "FAILED",
        "response_code": error.code,
        "response_message": error.message,
        "request_id": request_id,
        "retryable": error.retryable,
    }
    if error.doku is not None and (error.doku.code or error.doku.message):
        members["doku_response_code"] = error.doku.code
        members["doku_response_message"] = error.doku.message
    if error.transfer is not None:
        members["transfer"] = responses.transfer_brief(error.transfer)
    return members


def _headers(error: PayoutError) -> dict[str, str]:
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    return headers


def json_response(status: int, members: Any, headers: dict[str, str] | None = None) -> Response[str]:
    """A JSON answer that no cache keeps."""
    return Response(
        status_code=status,
        content_type="application/json",
        body=json.dumps(members, separators=(",", ":"), ensure_ascii=False),
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
