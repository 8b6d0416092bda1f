"""The local stack runs template.yaml as SAM translates it."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from local.aws import bundle, template
from local.aws.bundle import Authorizer, Bundle, QueueTrigger, Schedule
from local.aws.session import local_session
from tests.support.harness import ROOT
from tests.template.reading import translated

FIXTURE = Path(__file__).parents[1] / "integration/fixture_bundle/template.yaml"
CALLERS = {"JwtIssuer": "https://issuer.test/", "JwtAudience": "payouts,reports"}
HEAD = "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\n"


@pytest.fixture(scope="module")
def fixture() -> Bundle:
    return bundle.read(template.load(FIXTURE, CALLERS))


def test_functions_have_the_templates_handler_limits_and_paths(fixture: Bundle) -> None:
    web = fixture.functions["WebFunction"]

    assert (web.handler, web.timeout, web.memory, web.runtime) == ("fixture.web.handler", 10, 256, "python3.13")
    assert web.paths == ("functions/", "layers/shared")
    assert fixture.functions["TroubleFunction"].timeout == 1
    assert fixture.functions["TroubleFunction"].memory == 128


def test_routes_have_function_scopes_and_time_limit(fixture: Bundle) -> None:
    routes = {route.key: route for route in fixture.routes}
    merchant = Authorizer("https://issuer.test/", ("payouts", "reports"))

    assert routes["POST /items/{id}"].scopes == ("items:write", "items:admin")
    assert routes["POST /items/{id}"].authorizer == merchant
    assert routes["GET /items"].authorizer == merchant
    assert routes["GET /items"].scopes == ()
    assert routes["ANY /open"].authorizer is None
    assert routes["ANY /open"].timeout == 30
    assert routes["POST /trouble"].timeout == 0.5
    assert routes["POST /trouble"].function == "TroubleFunction"


def test_queue_triggers_are_read(fixture: Bundle) -> None:
    assert fixture.triggers == (QueueTrigger("ConsumerFunction", "Queue", 10, 5, True, None),)


def test_enabled_schedules_are_read_through_an_alias(fixture: Bundle) -> None:
    minute = Schedule("PollerFunctionEveryMinute", "PollerFunction", "rate(1 minute)", None, "aws.scheduler")
    rule = replace(
        minute,
        name="PollerFunctionRule",
        expression="rate(5 minutes)",
        payload='{"input": true}',
        source="aws.events",
    )
    assert set(fixture.schedules) == {minute, rule}


def test_the_real_template_can_be_read() -> None:
    real = bundle.read(translated())

    assert {route.function for route in real.routes} <= real.functions.keys()


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({}, "JwtIssuer, JwtAudience needs a value"),
        (CALLERS | {"Nonsense": "1"}, "no parameter Nonsense"),
        (CALLERS | {"JwtIssuer": "issuer.test"}, "JwtIssuer is 'issuer.test', which does not match"),
    ],
)
def test_parameters_that_cannot_be_are_refused_by_name(parameters: dict[str, str], says: str) -> None:
    with pytest.raises(template.TemplateError, match=says):
        template.load(FIXTURE, parameters)


def test_what_sam_refuses_is_refused_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(HEAD + "Resources: {F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}}\n")

    with pytest.raises(template.TemplateError, match="Resource with id \\[F\\] is invalid"):
        template.load(path, {})


@pytest.mark.parametrize(
    "replaced",
    [
        {"Rollout": "AllAtOnce", "CorsOrigins": ""},
        {"Rollout": "Canary10Percent5Minutes", "CorsOrigins": "https://a.test,https://b.test"},
    ],
)
def test_sam_replaces_two_parameters_alone(replaced: dict[str, str]) -> None:
    """A translation is used for all values of the other parameters, so SAM must leave the references to them."""
    path = ROOT / "template.yaml"
    loaded = template.load(path, {**CALLERS, **replaced})
    others = {name: f"another-{name}" for name in loaded.parameters} | replaced
    sam = yaml_parse(re.sub(r"(CodeUri|ContentUri): (?:\./)?", r"\1: s3://local/", path.read_text()))
    translator = Translator(None, Parser(), boto_session=local_session())
    translation = translator.translate(sam, parameter_values=others, get_managed_policy_map=dict)
    assert json.loads(json.dumps(translation)) == loaded.document
