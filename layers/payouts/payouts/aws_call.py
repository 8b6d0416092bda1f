"""Calls AWS and converts failures to PayoutErrors."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from payouts.domain.errors import Unavailable

Answered = TypeVar("Answered", bound=Mapping[str, Any])

NO_ANSWER = (
    *(BotoCoreError, ResponseParserError),
    # botocore's parsers assume that a body is a JSON object in UTF-8. A proxy's HTML page raises one of these:
    *(ValueError, TypeError, AttributeError, LookupError, RecursionError),
)
"""Raised by clients if AWS did not answer, or not readably. The call may have been carried out."""


def call_aws(service: str, call: Callable[[], Answered], required: str, transient: Collection[str] = ()) -> Answered:
    """Run `call` and return its answer.

    `required` names a field that every answer has, at the top or in ResponseMetadata; without it the answer is a
    proxy's page. Raises Unavailable if there is no readable answer, for a 5xx and for the codes in `transient`, and
    ClientError for any other refusal (4xx).
    """
    no_answer = f"{service} does not answer; send the same request again"
    try:
        answer = call()
    except ClientError as error:
        status, code = error.response["ResponseMetadata"]["HTTPStatusCode"], error_code(error)
        if not code or code in transient or not 400 <= status < 500:  # no code: a proxy's page
            raise Unavailable(no_answer) from error
        raise
    except NO_ANSWER as error:
        raise Unavailable(no_answer) from error
    if required not in answer and required not in answer["ResponseMetadata"]:
        raise Unavailable(no_answer)  # botocore parses a proxy's HTML page as an empty answer
    return answer


def error_code(error: ClientError) -> str:
    """AWS's error code. Empty if the answer has none; botocore then uses the HTTP status as the code."""
    code = error.response.get("Error", {}).get("Code") or ""
    return "" if code.isdecimal() else code
