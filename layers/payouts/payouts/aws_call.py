"""Calls of AWS whose failures become PayoutErrors."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from payouts.domain.errors import Unavailable

Answered = TypeVar("Answered", bound=Mapping[str, Any])

NO_ANSWER = (
    *(BotoCoreError, ResponseParserError),
    # botocore's parsers take it for granted that a body is UTF-8 and a JSON object: what else Python makes of a page
    *(ValueError, TypeError, AttributeError, LookupError, RecursionError),
)
"""What clients raise where AWS did not answer, or with what nobody can read. The call may have been carried out."""


def call_aws(service: str, call: Callable[[], Answered], always: str, passing: Collection[str] = ()) -> Answered:
    """What `service` answers to `call`; `always` names a member of every answer to it, or of its ResponseMetadata.

    Raises Unavailable where nothing came or nothing that can be read, where the service failed (5xx) or says that it
    will pass (a code of `passing`). Whatever else it refuses (4xx) is a ClientError still.
    """
    silent = f"{service} does not answer; send the same request again"
    try:
        answer = call()
    except ClientError as error:
        status, code = error.response["ResponseMetadata"]["HTTPStatusCode"], error_code(error)
        if not code or code in passing or not 400 <= status < 500:  # without a code: a page of something in between
            raise Unavailable(silent) from error
        raise
    except NO_ANSWER as error:
        raise Unavailable(silent) from error
    if always not in answer and always not in answer["ResponseMetadata"]:
        raise Unavailable(silent)  # a page of something in between: botocore finds it empty
    return answer


def error_code(error: ClientError) -> str:
    """AWS's code for why it refuses; empty where the answer names none, for which botocore puts its HTTP status."""
    code = error.response.get("Error", {}).get("Code") or ""
    return "" if code.isdecimal() else code
