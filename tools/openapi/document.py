"""The OpenAPI 3.1 document: routes and scopes from template.yaml, schemas from the code, the rest from `operations`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from local.aws import bundle, template
from local.aws.bundle import Route
from tools.openapi import batch_operations, webhooks
from tools.openapi.operations import OPERATIONS as TRANSFER_OPERATIONS
from tools.openapi.operations import Answer, Examples, Operation
from tools.openapi.schemas import components

OPERATIONS = {**TRANSFER_OPERATIONS, **batch_operations.OPERATIONS}
ROOT = Path(__file__).parents[2]
PATH = ROOT / "docs" / "openapi.json"

_DESCRIPTION = """\
Pay out money to Indonesian bank accounts and e-wallets over Kirim DOKU. It never pays twice, never loses a transfer,
and never claims that money moved, or did not, when it does not know. Errors have a code of DOKU's glossary and name the
next step; `retryable` means that the same request may be sent again. Days and times are in WIB.

Written by `make openapi` from the code. Responses may get more fields; clients must ignore unknown fields.
"""
_HEADERS: dict[str, Any] = {
    "Idempotency-Replayed": {
        "description": "`true` if the transfer existed already and nothing was sent",
        "schema": {"const": "true"},
    },
    "Location": {"description": "Path of the transfer", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds after which to try again", "schema": {"type": "integer", "minimum": 1}},
}
_SECURITY: dict[str, Any] = {
    "jwt": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of the deployment's OIDC provider with at least one of the scopes of the operation.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "signature",
        "description": "DOKU's signature over agentKey and requestId, with the merchant's notification key.",
    },
}
_SERVERS = [
    {"url": "http://127.0.0.1:3000", "description": "make run"},
    {
        "url": "https://{api}.execute-api.{region}.amazonaws.com",
        "description": "a deployment: the output ApiUrl",
        "variables": {"api": {"default": "a1b2c3d4e5"}, "region": {"default": "ap-southeast-3"}},
    },
]


@cache
def routes() -> dict[str, Route]:
    """The template's routes by key, without the catch-all routes."""
    parameters = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}
    found = bundle.read(template.load(ROOT / "template.yaml", parameters)).routes
    return {route.key: route for route in found if "+}" not in route.path}


def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, Any] = {}
    found = routes()
    for key, operation in OPERATIONS.items():
        route = found[key]
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(operation, route)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kirim DOKU payouts",
            "version": project["version"],
            "description": _DESCRIPTION,
            "license": {"name": project["license"], "identifier": project["license"]},
        },
        "servers": _SERVERS,
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in OPERATIONS.values())],
        "paths": paths,
        "webhooks": webhooks.section(),
        "components": {"schemas": components(), "headers": _HEADERS, "securitySchemes": _SECURITY},
    }


def _operation(operation: Operation, route: Route) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "security": _security(operation, route),
        "responses": {str(status): _answer(answer) for status, answer in sorted(operation.answers.items())},
    }
    if operation.description:
        described["description"] = operation.description
    if operation.parameters:
        described["parameters"] = list(operation.parameters)
    if operation.request:
        body = {"schema": _reference(operation.request), "examples": _examples(operation.request_examples)}
        described["requestBody"] = {"required": operation.request_required, "content": {"application/json": body}}
    return described


def _security(operation: Operation, route: Route) -> list[dict[str, list[str]]]:
    if route.authorizer is not None:
        return [{"jwt": list(route.scopes)}]
    return [{"signature": []}] if operation.request == "Notification" else []


def _answer(answer: Answer) -> dict[str, Any]:
    schemas = [_reference(name) for name in answer.schemas]
    body = {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}, "examples": _examples(answer.examples)}
    described: dict[str, Any] = {"description": answer.description, "content": {"application/json": body}}
    if answer.headers:
        described["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in answer.headers}
    return described


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _examples(examples: Examples) -> dict[str, Any]:
    return {name.replace(" ", "-") or "example": {"value": value} for name, value in examples.items()}
