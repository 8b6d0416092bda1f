"""docs/openapi.json and docs/postman.json are current, valid, and match template and code."""

import json
import re
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from payouts.doku.outcomes import rows
from payouts.domain.errors import PayoutError
from payouts.domain.transfer import Finding, Source
from tools.openapi import document, postman
from tools.openapi.__main__ import main, written
from tools.openapi.answers import ErrorCode
from tools.openapi.document import routes
from transfer_api.requests import AccountInquiry, CreateTransfer

SCOPES = {
    "transfers": {"transfers:read", "transfers:read:own", "transfers:write", "transfers:note", "transfers:settle"},
    "batches": {"batches:read", "batches:write", "batches:approve"},
}
DOCUMENT = document.document()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def test_the_files_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_a_file_that_is_not_current_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    old = tmp_path / "openapi.json"
    old.write_text(next(iter(written().values())).replace("payouts", "pay-outs"))
    monkeypatch.setattr(document, "PATH", old)
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_it_is_openapi_3_1() -> None:
    validate(DOCUMENT, cls=OpenAPIV31SpecValidator)
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert DOCUMENT["info"]["description"]
    assert len({operation["operationId"] for operation in OPERATIONS.values()}) == len(OPERATIONS)


def test_every_route_of_the_template_is_described_and_no_other() -> None:
    assert OPERATIONS.keys() == routes().keys()


def test_the_scopes_are_those_of_the_template() -> None:
    for key, route in routes().items():
        security = OPERATIONS[key]["security"]
        if route.authorizer is None:
            assert "jwt" not in str(security), key
        else:
            assert security == [{"jwt": list(route.scopes)}], key
            assert set(route.scopes) <= SCOPES["batches" if "/batches" in key else "transfers"], key


def test_every_path_parameter_is_described() -> None:
    for key, operation in OPERATIONS.items():
        named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", key)), key


def contents() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for key, operation in OPERATIONS.items():
        if body := operation.get("requestBody"):
            found.append((f"{key} request", body["content"]["application/json"]))
        for status, answer in operation["responses"].items():
            found.append((f"{key} {status}", answer["content"]["application/json"]))
    return found


@pytest.mark.parametrize(("where", "content"), contents(), ids=[where for where, _ in contents()])
def test_every_example_is_of_its_schema(where: str, content: dict[str, Any]) -> None:
    assert content["examples"], where
    validator = Draft202012Validator({**content["schema"], "components": DOCUMENT["components"]})
    for example in content["examples"].values():
        validator.validate(example["value"])


@pytest.mark.parametrize(
    ("operation", "model"),
    [("POST /v1/account-inquiries", AccountInquiry), ("POST /v1/transfers", CreateTransfer)],
)
def test_the_examples_are_requests_that_the_api_takes(operation: str, model: Any) -> None:
    for example in OPERATIONS[operation]["requestBody"]["content"]["application/json"]["examples"].values():
        assert model.model_validate(example["value"])


_SEN = [{"value": value, "currency": "IDR"} for value in ("200000.50", "200000.01")]
WRONG: dict[str, list[Any]] = {
    "partnerReferenceNo": ["", "..", "a b", "x" * 65],
    "customerNumber": ["1234", "+62811", "6" * 33],
    "beneficiaryAccountNumber": ["", "12a", "1" * 34],
    "beneficiaryBankCode": ["01", "0 14", "x" * 17],
    "amount": [
        {"value": "1", "currency": "IDR"},
        {"value": "01.00", "currency": "IDR"},
        {"value": "1.00"},
        "1.00",
        *_SEN,
    ],
    "remark": ["é", "x" * 256],
    "surprise": ["x"],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_what_the_api_refuses_the_schema_refuses_too(field: str, value: Any) -> None:
    content = OPERATIONS["POST /v1/transfers"]["requestBody"]["content"]["application/json"]
    body = {**next(iter(content["examples"].values()))["value"], field: value}
    validator = Draft202012Validator({**content["schema"], "components": DOCUMENT["components"]})
    assert not validator.is_valid(body)
    with pytest.raises(ValueError, match=field):
        CreateTransfer.model_validate(body)


def test_the_error_codes_are_those_that_the_code_can_answer() -> None:
    def codes(kind: type[PayoutError]) -> set[str]:
        return {kind.code}.union(*(codes(narrower) for narrower in kind.__subclasses__()))

    advised = {row["answer"] for row in rows("advice.csv") if row["answer"]}
    assert set(get_args(ErrorCode)) == codes(PayoutError) | advised


def requests_of(item: dict[str, Any]) -> list[dict[str, Any]]:
    return [item["request"]] if "request" in item else [one for inner in item["item"] for one in requests_of(inner)]


def test_the_collection_has_every_operation_once() -> None:
    collection = postman.collection(DOCUMENT)
    requests = requests_of(collection)
    paths = ["/".join(re.sub("^:(.*)", r"{\1}", part) for part in one["url"]["path"]) for one in requests]
    keys = [f"{one['method']} /{path}" for one, path in zip(requests, paths, strict=True)]
    assert sorted(keys) == sorted(key for key in OPERATIONS if "/notifications/" not in key), "only DOKU signs those"
    for key, one in zip(keys, requests, strict=True):
        assert ("body" in one) == ("requestBody" in OPERATIONS[key]), key
        assert "body" not in one or json.loads(one["body"]["raw"]), key
        assert (one.get("auth") == {"type": "noauth"}) == (routes()[key].authorizer is None), key
        assert one["url"]["raw"].startswith("{{baseUrl}}/"), key
    assert {variable["key"] for variable in collection["variable"]} == {"baseUrl", "token"}


def test_findings_and_sources_are_open_and_listed() -> None:
    """A newer version of the software may have written other values."""
    fields = DOCUMENT["components"]["schemas"]["Observation"]["properties"]
    for name, known in (("finding", Finding), ("source", Source)):
        assert "enum" not in str(fields[name])
        assert re.findall("`([A-Z_]+)`", fields[name]["description"]) == list(known)
