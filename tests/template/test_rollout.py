"""How a new version takes over, and what else a deployment is made of."""

import tomllib
from pathlib import Path

import pytest

from local.template import check_parameter
from tests.template.reading import FUNCTIONS, ROOT, properties, translated
from tools.deploy.parameters import overrides


@pytest.mark.parametrize("rollout", ["AllAtOnce", "Canary10Percent5Minutes"])
def test_every_function_moves_as_the_parameter_says(rollout: str) -> None:
    for function in FUNCTIONS:
        group = properties(f"{function}DeploymentGroup", Rollout=rollout)
        assert group["DeploymentConfigName"]["Fn::Sub"] == [
            "CodeDeployDefault.Lambda${ConfigName}",
            {"ConfigName": rollout},
        ]
        alias = translated(Rollout=rollout).resources[f"{function}Aliaslive"]
        assert "CodeDeployLambdaAliasUpdate" in alias["UpdatePolicy"]


def test_queue_and_schedules_call_the_alias() -> None:
    (mapping,) = translated().of_type("AWS::Lambda::EventSourceMapping").values()
    assert mapping["FunctionName"] == {"Ref": "NotificationProcessorFunctionAliaslive"}
    for name, schedule in translated().of_type("AWS::Scheduler::Schedule").items():
        assert schedule["Target"]["Arn"] == {"Ref": "StatusPollerFunctionAliaslive"}, name


def test_two_stacks_fit_into_one_account() -> None:
    """No resource has a name that is the same in every stack."""
    for name, resource in translated().resources.items():
        for key in ("Name", "QueueName", "TableName", "RoleName", "FunctionName", "DashboardName", "AlarmName"):
            fixed = resource.get("Properties", {}).get(key)
            if isinstance(fixed, str) and resource["Type"] != "AWS::Lambda::Alias":
                assert resource["Type"] == "AWS::ApiGatewayV2::Stage" or fixed == "$default", (name, fixed)


def test_ticks_that_overlap_are_bounded_and_none_waits_for_hours() -> None:
    reserved = properties("StatusPollerFunction")["ReservedConcurrentExecutions"]["Fn::If"]
    assert reserved[0] == "ReservesConcurrency"
    assert reserved[1] == {"Fn::If": ["FourPollers", 5, {"Fn::If": ["TwoPollersOrMore", 3, 2]}]}
    asynchronous = properties("StatusPollerFunctionEventInvokeConfig")
    assert asynchronous["MaximumEventAgeInSeconds"] <= 60
    assert asynchronous["MaximumRetryAttempts"] == 0
    assert properties("StatusPollerFunction")["Timeout"] <= 60


def test_every_parameter_is_described_and_in_a_group() -> None:
    document = translated().document
    groups = document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(document["Parameters"])
    for name, slot in document["Parameters"].items():
        assert slot.get("Description"), name


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_an_environments_parameters_are_the_templates(environment: str) -> None:
    config = tomllib.loads(Path(ROOT / "samconfig.toml").read_text())[environment]["deploy"]["parameters"]
    slots = translated().document["Parameters"]
    chosen = overrides(config["parameter_overrides"], [])
    for name, value in chosen.items():
        check_parameter(name, value, slots[name])
    assert translated(**chosen).resources
    assert f"environment={environment}" in config["tags"]


def test_production_is_protected_and_pays_at_dokus_production() -> None:
    config = tomllib.loads(Path(ROOT / "samconfig.toml").read_text())["production"]["deploy"]["parameters"]
    chosen = overrides(config["parameter_overrides"], [])
    assert chosen["DokuBaseUrl"] == "https://api.doku.com"
    assert chosen["DeletionProtection"] == "true"
    assert chosen["Rollout"].startswith("Canary")
