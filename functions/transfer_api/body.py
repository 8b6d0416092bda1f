"""Reading a request's JSON: strict, bounded, and with an error that names the field and never repeats its value."""

import json
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic import BaseModel, ValidationError

from payouts.domain.errors import InvalidParameter, PayoutError, ValidationFailed

MAX_BYTES = 65_536
Model = TypeVar("Model", bound=BaseModel)


def read(event: APIGatewayProxyEventV2, model: type[Model]) -> Model:
    """The body as `model`. Raises InvalidParameter for what can't be read or lacks a field, else ValidationFailed."""
    try:
        return model.model_validate(_members(event))
    except ValidationError as error:
        raise _explained(error) from None


def _members(event: APIGatewayProxyEventV2) -> dict[str, Any]:
    try:
        text = event.decoded_body or ""
        if len(text.encode()) > MAX_BYTES:
            raise InvalidParameter(f"the body is larger than {MAX_BYTES} bytes")
        members = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        json.dumps(members, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):  # bad base64 and bad UTF-8 are ValueErrors as well
        raise InvalidParameter("the body is not valid JSON in UTF-8") from None
    if not isinstance(members, dict):
        raise InvalidParameter("the body must be a JSON object")
    return members


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidParameter("the body has a member twice")
    return members


def _refuse_constant(name: str) -> None:
    raise InvalidParameter(f"the body holds {name}, which is not JSON")


def _explained(error: ValidationError) -> PayoutError:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    texts = [_text(problem["type"], problem["loc"], problem["msg"]) for problem in problems]
    failure = InvalidParameter if problems[0]["type"] == "missing" else ValidationFailed
    return failure("; ".join(texts[:5]))


def _text(kind: str, location: tuple[int | str, ...], message: str) -> str:
    name = ".".join(str(part) for part in location)
    match kind:
        case "missing":
            return f"{name} is required"
        case "extra_forbidden":
            return f"{name} is not a field of this request"
        case "model_type" | "model_attributes_type":
            return f'{name} must be an object such as {{"value": "200000.00", "currency": "IDR"}}'
        case "literal_error":
            return f"{name} must be IDR"
        case "string_type":
            return f"{name} must be a string"
        case _:
            return f"{name} {message.removeprefix('Value error, ')}".strip()
