"""Reads a request's JSON strictly. An error names the field and never repeats its value, which may be personal."""

import json
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic import BaseModel, ValidationError

from payouts.domain.errors import InvalidParameter, PayoutError, ValidationFailed

MAX_BYTES = 65_536
Model = TypeVar("Model", bound=BaseModel)


def read(event: APIGatewayProxyEventV2, model: type[Model], max_bytes: int = MAX_BYTES) -> Model:
    """The body as `model`. Raises InvalidParameter for invalid JSON or a missing field, else ValidationFailed."""
    try:
        return model.model_validate(_fields(event, max_bytes))
    except ValidationError as error:
        raise _explained(error) from None


def _fields(event: APIGatewayProxyEventV2, max_bytes: int) -> dict[str, Any]:
    try:
        text = event.decoded_body or ""
        if len(text.encode()) > max_bytes:
            raise InvalidParameter(f"the body is larger than {max_bytes} bytes")
        fields = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        json.dumps(fields, ensure_ascii=False).encode()  # raises for half a surrogate pair
    except (ValueError, RecursionError):  # bad base64 and bad UTF-8 are ValueErrors as well
        raise InvalidParameter("the body is not valid JSON in UTF-8") from None
    if not isinstance(fields, dict):
        raise InvalidParameter("the body must be a JSON object")
    return fields


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InvalidParameter("the body contains a field twice")
    return fields


def _refuse_constant(name: str) -> None:
    raise InvalidParameter(f"the body contains {name}, which is not valid JSON")


def _explained(error: ValidationError) -> PayoutError:
    problems = error.errors(include_input=False, include_url=False)
    texts = [_text(problem) for problem in problems]
    failure = InvalidParameter if problems[0]["type"] == "missing" else ValidationFailed
    return failure("; ".join(texts[:5]))


def _text(problem: Any) -> str:
    name, limits = ".".join(str(part) for part in problem["loc"]), problem.get("ctx", {})
    match problem["type"]:
        case "missing":
            return f"{name} is required"
        case "extra_forbidden":
            return f"{name} is not a field of this request"
        case "model_type" | "model_attributes_type":
            return f'{name} must be an object such as {{"value": "200000.00", "currency": "IDR"}}'
        case "literal_error":
            return f"{name} must be {limits['expected'].replace(chr(39), '').replace('True', 'true')}"
        case "string_type":
            return f"{name} must be a string"
        case "int_type" | "int_from_float":
            return f"{name} must be a whole number"
        case "bool_type":
            return f"{name} must be true or false"
        case "list_type":
            return f"{name} must be a list"
        case "dict_type":
            return f"{name} must be an object"
        case "greater_than_equal":
            return f"{name} must be at least {limits['ge']}"
        case "too_short":
            return f"{name} must not be empty"
        case "too_long":
            return f"{name} has more than {limits['max_length']} entries"
        case _:
            return f"{name} {problem['msg'].removeprefix('Value error, ')}".strip()
