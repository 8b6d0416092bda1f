"""Checks answers against docs/openapi.json: the status is documented, and the body has exactly its fields."""

import copy
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tools.openapi import document


@cache
def described() -> dict[str, Any]:
    """docs/openapi.json, parsed."""
    return document.document()


def check(route: str, status: int, headers: Mapping[str, str], body: Any) -> None:
    """Raise AssertionError if the answer of a route, such as `GET /health`, is not documented."""
    method, _, path = route.partition(" ")
    operation = described()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        assert status in (404, 405), f"{route} is not documented, and answered {status}"
        check_schema({"$ref": "#/components/schemas/Error"}, body)
        return
    answer = operation["responses"].get(str(status))
    assert answer is not None, f"{route} answered {status}, which is not documented: {body}"
    check_schema(answer["content"]["application/json"]["schema"], body)
    names = {name.lower() for name in headers}
    for name in ("Retry-After", "Idempotency-Replayed", "Location"):
        documented = name in answer.get("headers", {})
        assert name.lower() not in names or documented, f"{route} answered {status} with {name}, not documented"


def check_schema(schema: dict[str, Any], body: Any) -> None:
    """Raises AssertionError for a body that does not match, or has fields that the document does not describe."""
    errors = sorted(_validator(json.dumps(schema)).iter_errors(body), key=str)
    assert not errors, f"{schema}: {[(list(error.absolute_path), error.message) for error in errors]}"


@cache
def _validator(schema: str) -> Any:
    return Draft202012Validator({**json.loads(schema), "components": _closed(copy.deepcopy(described()["components"]))})


def _closed(schema: Any) -> Any:
    """The schema without additional fields: published answers may grow, tested ones may not."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            _closed(value)
    elif isinstance(schema, list):
        for value in schema:
            _closed(value)
    return schema
