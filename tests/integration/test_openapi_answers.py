"""Answers are as docs/openapi.json says. The harness holds every answer of every integration test against it; here are
those that no other test asks for, and the proof that the harness would notice."""

import copy
import json
import re

import pytest
from aws_lambda_powertools import Logger

from payouts.domain.errors import Duplicate
from tests.support import openapi_contract
from tests.support.harness import World, order
from transfer_api import batch_routes, error_responses
from transfer_api.routes import create_app


def test_an_error_names_the_transfer_that_stands(world: World) -> None:
    """Its status is the request's, FAILED; the transfer's own status stands beside it."""
    reference = world.create(order()).body["partnerReferenceNo"]
    body = json.loads(json.dumps(error_responses.body(Duplicate("taken", transfer=world.existing(reference)), "r-1")))
    assert (body["status"], body["transfer"]["status"]) == ("FAILED", "ACCEPTED")
    assert body["transfer"] == {
        "partnerReferenceNo": reference,
        "status": "ACCEPTED",
        "nextAction": world.get(reference).body["nextAction"],
        "batchReference": None,
        "batchRow": None,
    }
    openapi_contract.check("POST /v1/transfers", 409, {}, body)
    assert "transfer" not in error_responses.body(Duplicate("taken"), "r-1")


def test_every_described_field_occurs_in_some_answer(world: World) -> None:
    """A transfer with everything: no schema promises what is never sent."""
    reference = world.create(order()).body["partnerReferenceNo"]
    paid = world.get(reference, refresh=True).body
    transfer = openapi_contract.described()["components"]["schemas"]["Transfer"]["properties"]
    assert paid.keys() == transfer.keys()
    seen = {name for one in paid["history"] for name in one}
    assert seen == openapi_contract.described()["components"]["schemas"]["Observation"]["properties"].keys()


@pytest.mark.parametrize("change", ["one member more", "one member less", "another type", "another status"])
def test_what_is_not_described_is_noticed(world: World, change: str) -> None:
    answer = world.create(order())
    body, status = copy.deepcopy(answer.body), answer.status
    match change:
        case "one member more":
            body["surprise"] = True
        case "one member less":
            del body["final"]
        case "another type":
            body["amount"]["value"] = 200000
        case "another status":
            status = 418
    with pytest.raises(AssertionError):
        openapi_contract.check("POST /v1/transfers", status, answer.headers, body)


def test_a_finding_of_a_newer_version_is_described(world: World) -> None:
    answer = world.create(order())
    body = copy.deepcopy(answer.body)
    body["history"][0] |= {"finding": "AUDITED", "source": "ROBOT"}
    openapi_contract.check("POST /v1/transfers", answer.status, answer.headers, body)


def test_the_resolver_has_exactly_the_described_routes(world: World) -> None:
    app = create_app(world.services, Logger())
    batch_routes.add_routes(app, world.services, Logger())
    rules = [(route.method, route.rule) for route in (*app._static_routes, *app._dynamic_routes)]
    paths = openapi_contract.described()["paths"]
    described = [
        (method.upper(), re.sub(r"\{\w+\}", "x-1", path))
        for path, methods in paths.items()
        for method in methods
        if not path.startswith("/notifications")
    ]
    for method, path in described:
        assert [rule for verb, rule in rules if verb == method and rule.match(path)], path
    assert len(rules) == len(described)
