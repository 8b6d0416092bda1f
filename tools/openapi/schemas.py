"""JSON Schemas of requests and answers, for OpenAPI 3.1 (draft 2020-12)."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from payouts.doku.fields import Matching, whole_rupiah
from tools.openapi import answers, batch_answers
from transfer_api.batch_requests import ChangeRow, ChangeRows, CreateBatch, Decide, RepayBatch, Submit
from transfer_api.requests import AccountInquiry, CreateTransfer, NewNote, Settlement, Written

WHOLE = r"^(0|[1-9][0-9]{0,15})\.00$"
"""Pattern of an amount in a request: whole rupiah."""
_REF = "#/components/schemas/{model}"


class _Generator(GenerateJsonSchema):
    """Adds the patterns of the requests' own checks."""

    def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> JsonSchemaValue:
        shown = super().function_after_schema(schema)
        check: Any = schema["function"]["function"]
        if isinstance(check, Matching):
            return {**shown, "pattern": f"^(?:{check.pattern})$", "description": check.wanted}
        if isinstance(check, Written):
            return {**shown, "minLength": 1, "maxLength": check.most, "pattern": r"\S"}
        if check is whole_rupiah:
            return {**shown, "pattern": WHOLE, "description": "whole rupiah, written with two decimals"}
        return shown


def components() -> dict[str, Any]:
    """Every schema by name."""
    requests = (
        AccountInquiry,
        CreateTransfer,
        NewNote,
        Settlement,
        CreateBatch,
        ChangeRow,
        ChangeRows,
        Decide,
        RepayBatch,
        Submit,
    )
    found = _schemas([(model, "validation") for model in requests])
    found |= _schemas([(model, "validation") for model in (*answers.ALL, *batch_answers.ALL)])
    for name in ("AccountInquiry", "CreateTransfer"):
        _let_fields_stand_in_additional_info(found[name])
    either = ("sessionId", "beneficiaryAccountName")
    found["CreateTransfer"]["allOf"].append({"anyOf": [way for name in either for way in _given(name)]})
    return {name: _tidy(schema) for name, schema in sorted(found.items())}


def _schemas(models: Any) -> dict[str, Any]:
    _, document = models_json_schema(models, by_alias=True, ref_template=_REF, schema_generator=_Generator)
    found: dict[str, Any] = document["$defs"]
    return found


def _let_fields_stand_in_additional_info(schema: dict[str, Any]) -> None:
    """Every field may stand at the top or in additionalInfo, where DOKU's samples have some of them."""
    fields = dict(schema["properties"])
    nested = {"type": "object", "additionalProperties": False, "properties": fields}
    schema["properties"]["additionalInfo"] = {
        "anyOf": [nested, {"type": "null"}],
        "description": "fields may stand here or at the top; twice only with the same value",
    }
    schema["allOf"] = [{"anyOf": _given(name)} for name in schema.pop("required")]


def _given(name: str) -> list[dict[str, Any]]:
    """The two places of a field. Null counts as absent."""
    here = {"required": [name], "properties": {name: {"type": ["string", "object"]}}}
    return [here, {"required": ["additionalInfo"], "properties": {"additionalInfo": {"type": "object", **here}}}]


def _tidy(schema: Any) -> Any:
    """Remove pydantic's titles, which repeat the names, and empty defaults."""
    if isinstance(schema, dict):
        return {
            name: _tidy(value)
            for name, value in schema.items()
            if not (name == "title" and isinstance(value, str)) and not (name == "default" and value in ("", None))
        }
    return [_tidy(item) for item in schema] if isinstance(schema, list) else schema
