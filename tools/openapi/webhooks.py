"""The section `webhooks` of the document: what the merchant's back end receives."""

from typing import Any

from tools.openapi import examples

_HEADERS = {
    "webhook-id": ("Id of the content: the same for every delivery of it", {"type": "string"}),
    "webhook-timestamp": ("Seconds since the epoch at this attempt", {"type": "string", "pattern": "^[0-9]+$"}),
    "webhook-signature": ("One or two signatures, `v1,` and base64, separated by blanks", {"type": "string"}),
}


def section() -> dict[str, Any]:
    """Every webhook by its type."""
    body = {
        "schema": {"$ref": "#/components/schemas/TransferUpdated"},
        "examples": {"example": {"value": examples.transfer_updated()}},
    }
    operation = {
        "operationId": "transferUpdated",
        "summary": "A transfer's status, finality, next action or DOKU reference changed",
        "description": "Signed as Standard Webhooks specifies. Delivered at least once; ignore lower statusVersions.",
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": text, "schema": schema}
            for name, (text, schema) in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {
            "2XX": {"description": "Received"},
            "410": {"description": "No more webhooks are wanted; an operator may resume them"},
            "default": {"description": "It is delivered again, at the earliest after Retry-After"},
        },
    }
    return {"transfer.updated": {"post": operation}}
