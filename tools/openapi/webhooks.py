"""The section `webhooks` of the document: what the merchant's back end receives."""

from typing import Any

from tools.openapi import batch_examples, examples

_HEADERS = {
    "webhook-id": ("Id of the content: the same for every delivery of it", {"type": "string"}),
    "webhook-timestamp": ("Seconds since the epoch at this attempt", {"type": "string", "pattern": "^[0-9]+$"}),
    "webhook-signature": ("One or two signatures, `v1,` and base64, separated by blanks", {"type": "string"}),
}


def section() -> dict[str, Any]:
    """Every webhook by its type."""
    return {
        "transfer.updated": _webhook(
            "TransferUpdated",
            "A transfer's status, finality, next action or DOKU reference changed",
            examples.transfer_updated(),
        ),
        "batch.updated": _webhook("BatchUpdated", "A batch's status changed", batch_examples.updated()),
    }


def _webhook(schema: str, summary: str, example: Any) -> dict[str, Any]:
    body = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "examples": {"example": {"value": example}}}
    operation = {
        "operationId": schema[:1].lower() + schema[1:],
        "summary": summary,
        "description": "Signed as Standard Webhooks specifies. Delivered at least once; ignore lower statusVersions.",
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": text, "schema": schema_of}
            for name, (text, schema_of) in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {
            "2XX": {"description": "Received"},
            "410": {"description": "No more webhooks are wanted; an operator may resume them"},
            "default": {"description": "It is delivered again, at the earliest after Retry-After"},
        },
    }
    return {"post": operation}
