"""The sample trigger for Amazon Cognito: which scopes a token gets."""

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.template.reading import properties
from tools import cognito_trigger
from tools.cognito_trigger import handler


def event(source: str, **request: Any) -> dict[str, Any]:
    """Cognito's V3_0 event, with the fields that it always has."""
    return {
        "version": "3",
        "triggerSource": source,
        "region": "ap-southeast-3",
        "userPoolId": "ap-southeast-3_example",
        "userName": "dewi",
        "callerContext": {"awsSdkVersion": "3", "clientId": "client"},
        "request": {"userAttributes": {"sub": "s-1"}, "scopes": ["openid"], **request},
        "response": {"claimsAndScopeOverrideDetails": None},
    }


def access_token(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]
    return found


@pytest.mark.parametrize(
    ("groups", "scopes"),
    [
        (["transfers-read"], ["transfers:read"]),
        (["transfers-write"], ["transfers:read", "transfers:write"]),
        (["transfers-write-own"], ["transfers:read:own", "transfers:write"]),
        (["transfers-settle"], ["transfers:note", "transfers:read", "transfers:settle"]),
        (["transfers-read", "transfers-write"], ["transfers:read", "transfers:write"]),
        (["batches-write"], ["batches:read", "batches:write"]),
        (["transfers-read-own", "batches-approve"], ["batches:approve", "batches:read", "transfers:read:own"]),
        (["staff"], []),
        ([], []),
    ],
)
@pytest.mark.parametrize("source", ["TokenGeneration_HostedAuth", "TokenGeneration_RefreshTokens"])
def test_a_person_gets_the_scopes_of_its_groups(source: str, groups: list[str], scopes: list[str]) -> None:
    asked_for_more = ["openid", "transfers/write"]
    made = handler(event(source, groupConfiguration={"groupsToOverride": groups}, scopes=asked_for_more), None)
    assert access_token(made)["scopesToAdd"] == scopes


@pytest.mark.parametrize("configuration", [None, {}, {"groupsToOverride": None}])
def test_a_person_without_groups_gets_none(configuration: Any) -> None:
    made = handler(event("TokenGeneration_Authentication", groupConfiguration=configuration), None)
    assert access_token(made)["scopesToAdd"] == []


@pytest.mark.parametrize(
    ("asked", "scopes"),
    [
        (["transfers/read"], ["transfers:read"]),
        (["transfers/read", "transfers/write"], ["transfers:read", "transfers:write"]),
        (["batches/read", "batches/write", "batches/approve"], ["batches:read", "batches:write"]),
        (["other/write"], []),
        (None, []),
    ],
)
def test_a_machine_gets_what_its_client_is_allowed(asked: list[str] | None, scopes: list[str]) -> None:
    groups_do_not_count = {"groupsToOverride": ["transfers-write"]}
    source = "TokenGeneration_ClientCredentials"
    made = handler(event(source, scopes=asked, groupConfiguration=groups_do_not_count), None)
    assert access_token(made)["scopesToAdd"] == scopes


def test_cognitos_own_names_are_taken_out() -> None:
    made = handler(event("TokenGeneration_ClientCredentials", scopes=["transfers/write"]), None)
    own = {"transfers/read", "transfers/read-own", "transfers/write", "batches/read", "batches/write"}
    assert set(access_token(made)["scopesToSuppress"]) == own


def test_the_event_goes_back_with_nothing_else_changed() -> None:
    given = event("TokenGeneration_Authentication")
    made = handler(dict(given), None)
    assert {name: value for name, value in made.items() if name != "response"} == {
        name: value for name, value in given.items() if name != "response"
    }


def test_the_scopes_are_those_of_the_routes() -> None:
    operations = [one for path in properties("HttpApi")["Body"]["paths"].values() for one in path.values()]
    security = [scopes for one in operations for entry in one.get("security", []) for scopes in entry.values()]
    given = {scope for scopes in cognito_trigger.SCOPES_OF_GROUP.values() for scope in scopes}
    assert {scope for scopes in security for scope in scopes} == given


def test_it_is_one_file_without_dependencies() -> None:
    tree = ast.parse(Path(cognito_trigger.__file__).read_bytes())
    roots = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        + ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
    }
    assert roots <= set(sys.stdlib_module_names)
