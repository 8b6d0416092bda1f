"""The document as a Postman collection (v2.1): a folder a tag, a request an operation, variables `baseUrl` and `token`.

Notifications are left out: only DOKU can sign them.

https://schema.postman.com/collection/json/v2.1.0/draft-07/collection.json
"""

import json
from typing import Any

from tools.openapi.document import ROOT

PATH = ROOT / "docs" / "postman.json"
_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def collection(document: dict[str, Any]) -> dict[str, Any]:
    """The collection of an OpenAPI document. Each request has the first example of its body."""
    folders: dict[str, list[Any]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if {"signature": []} not in operation["security"]:
                folders.setdefault(operation["tags"][0], []).append(_item(path, method.upper(), operation))
    return {
        "info": {
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "schema": _SCHEMA,
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": "baseUrl", "value": document["servers"][0]["url"]}, {"key": "token", "value": ""}],
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }


def _item(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    parameters = operation.get("parameters", [])
    request: dict[str, Any] = {
        "method": method,
        "description": operation.get("description", operation["summary"]),
        "header": [_header(parameter) for parameter in parameters if parameter["in"] == "header"],
        "url": _url(path, parameters),
    }
    if "jwt" not in (operation["security"] or [{}])[0]:
        request["auth"] = {"type": "noauth"}
    if body := operation.get("requestBody"):
        example = next(iter(body["content"]["application/json"]["examples"].values()))["value"]
        request["header"].append({"key": "Content-Type", "value": "application/json"})
        request["body"] = {
            "mode": "raw",
            "raw": json.dumps(example, indent=2, ensure_ascii=False),
            "options": {"raw": {"language": "json"}},
        }
    return {"name": operation["summary"], "request": request, "response": []}


def _header(parameter: dict[str, Any]) -> dict[str, Any]:
    """Optional headers are present but disabled."""
    return {
        "key": parameter["name"],
        "value": "",
        "description": parameter["description"],
        "disabled": not parameter["required"],
    }


def _url(path: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """Postman writes a path's parameter as `:name`."""
    parts = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/")]
    query = [
        {"key": one["name"], "value": "", "description": one["description"], "disabled": True}
        for one in parameters
        if one["in"] == "query"
    ]
    variables = [{"key": one["name"], "value": one["example"]} for one in parameters if one["in"] == "path"]
    return {
        "raw": "{{baseUrl}}/" + "/".join(parts),
        "host": ["{{baseUrl}}"],
        "path": parts,
        **({"query": query} if query else {}),
        **({"variable": variables} if variables else {}),
    }
