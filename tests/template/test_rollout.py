"""Rollouts, and other parts of a deployment."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from local.aws import bundle
from local.aws.template import check_parameter
from tests.template.reading import FUNCTIONS, ROOT, many, properties, translated
from tools.deploy.account import reserved_by
from tools.deploy.parameters import overrides


@pytest.mark.parametrize("rollout", ["AllAtOnce", "Canary10Percent5Minutes"])
def test_every_function_uses_the_rollout_parameter(rollout: str) -> None:
    for function in FUNCTIONS:
        group = properties(f"{function}DeploymentGroup", Rollout=rollout)
        assert group["DeploymentConfigName"]["Fn::Sub"] == [
            "CodeDeployDefault.Lambda${ConfigName}",
            {"ConfigName": rollout},
        ]
        alias = translated(Rollout=rollout).resources[f"{function}Aliaslive"]
        assert "CodeDeployLambdaAliasUpdate" in alias["UpdatePolicy"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_new_version_is_checked_before_it_gets_traffic(function: str) -> None:
    """The hook is called by name, knows the new version, and has no hook itself."""
    name = function.replace("Function", "CheckFunction")
    alias = translated().resources[f"{function}Aliaslive"]
    hook = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["BeforeAllowTrafficHook"]
    assert hook == {"Fn::If": ["ChecksNewVersions", {"Ref": name}, {"Ref": "AWS::NoValue"}]}
    variables = properties(name)["Environment"]["Variables"]
    assert variables["NEW_VERSION_ARN"] == {"Ref": alias["Properties"]["FunctionVersion"]["Fn::GetAtt"][0]}
    assert f"{name}Aliaslive" not in translated().resources


@pytest.mark.parametrize("checks", ["true", "false"])
def test_the_local_run_has_no_rollouts(checks: str) -> None:
    assert set(bundle.read(translated(RolloutChecks=checks)).functions) == set(FUNCTIONS)


def test_without_a_url_there_are_no_webhooks() -> None:
    deployed = translated(WebhookUrl="").deployed
    kinds = ("AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::Events::Rule", "AWS::Scheduler::Schedule")
    names = [name for kind in (*kinds, "AWS::IAM::Role", "AWS::Lambda::EventSourceMapping") for name in deployed(kind)]
    assert [name for name in names if "Webhook" in name] == []


def test_the_resources_have_no_dependency_cycle() -> None:
    """Including update policies: CloudFormation reports a cycle only at the deployment."""
    resources = translated().resources
    waits = {name: _references(resource) & resources.keys() for name, resource in resources.items()}
    while free := {name for name, others in waits.items() if not others}:
        waits = {name: others - free for name, others in waits.items() if name not in free}
    assert waits == {}


def _references(value: Any) -> set[str]:
    """Logical ids that a resource refers to."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return {name}
        case {"Fn::Sub": str(text) | [str(text), *_]}:
            return set(re.findall(r"\$\{(\w+)", text))
        case dict():
            return {str(name) for name in many(value.get("DependsOn", []))}.union(*map(_references, value.values()))
        case list():
            return set().union(*map(_references, value))
    return set()


def test_queue_and_schedules_call_the_alias() -> None:
    mappings = translated().of_type("AWS::Lambda::EventSourceMapping").values()
    called = {mapping["EventSourceArn"]["Fn::GetAtt"][0]: mapping["FunctionName"] for mapping in mappings}
    webhooks = {"Ref": "WebhookSenderFunctionAliaslive"}
    assert called == {
        "NotificationQueue": {"Ref": "NotificationProcessorFunctionAliaslive"},
        "BatchQueue": {"Ref": "BatchWorkerFunctionAliaslive"},
        "WebhookQueue": webhooks,
        "WebhookReplayQueue": webhooks,
    }
    for name, schedule in translated().of_type("AWS::Scheduler::Schedule").items():
        function = "WebhookSenderFunction" if name.startswith("Webhook") else "StatusPollerFunction"
        assert schedule["Target"]["Arn"] == {"Ref": f"{function}Aliaslive"}, name


def test_two_stacks_fit_into_one_account() -> None:
    """No resource has the same name in every stack."""
    for name, resource in translated().resources.items():
        for key in (
            "Name",
            "QueueName",
            "TableName",
            "RoleName",
            "FunctionName",
            "DashboardName",
            "AlarmName",
            "LayerName",
        ):
            fixed = resource.get("Properties", {}).get(key)
            if isinstance(fixed, str) and resource["Type"] != "AWS::Lambda::Alias":
                assert resource["Type"] == "AWS::ApiGatewayV2::Stage" or fixed == "$default", (name, fixed)


def test_overlapping_ticks_are_bounded() -> None:
    reserved = properties("StatusPollerFunction")["ReservedConcurrentExecutions"]["Fn::If"]
    assert reserved[0] == "ReservesConcurrency"
    assert reserved[1] == {"Fn::If": ["FourPollers", 5, {"Fn::If": ["TwoPollersOrMore", 3, 2]}]}
    asynchronous = properties("StatusPollerFunctionEventInvokeConfig")
    assert asynchronous["MaximumEventAgeInSeconds"] <= 60
    assert asynchronous["MaximumRetryAttempts"] == 0
    assert properties("StatusPollerFunction")["Timeout"] <= 60


def test_a_flood_of_transfers_leaves_room_for_the_others() -> None:
    """Each function that DOKU, the merchant or the schedule calls has a part of the account's concurrency."""
    reserved = {name: properties(name).get("ReservedConcurrentExecutions") for name in FUNCTIONS}
    bounded_by_their_queues = ["NotificationProcessorFunction", "BatchWorkerFunction", "WebhookSenderFunction"]
    assert [name for name, value in reserved.items() if value is None] == bounded_by_their_queues
    wanted = reserved_by(translated(Pollers="4", TransferApiConcurrency="300"))
    assert wanted == {
        "TransferApiFunction": 300,
        "NotificationReceiverFunction": 20,
        "StatusPollerFunction": 5,
    }
    assert reserved_by(translated(ReserveConcurrency="false")) == {}


def test_every_parameter_has_a_description_and_a_group() -> None:
    document = translated().document
    groups = document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(document["Parameters"])
    for name, slot in document["Parameters"].items():
        assert slot.get("Description"), name


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_samconfig_parameters_exist(environment: str) -> None:
    config = tomllib.loads(Path(ROOT / "samconfig.toml").read_text())[environment]["deploy"]["parameters"]
    slots = translated().document["Parameters"]
    chosen = overrides(config["parameter_overrides"], [])
    for name, value in chosen.items():
        check_parameter(name, value, slots[name])
    assert translated(**chosen).resources
    assert f"environment={environment}" in config["tags"]


def test_production_is_protected_and_uses_dokus_production() -> None:
    config = tomllib.loads(Path(ROOT / "samconfig.toml").read_text())["production"]["deploy"]["parameters"]
    chosen = overrides(config["parameter_overrides"], [])
    assert chosen["DokuBaseUrl"] == "https://api.doku.com"
    assert chosen["DeletionProtection"] == "true"
    assert chosen["Rollout"].startswith("Canary")
