"""How a new version takes over, and what it takes for one."""

import shutil
import tomllib
from pathlib import Path

import pytest

from local import template
from local.template import check_parameter
from tests.template.reading import FUNCTIONS, PARAMETERS, ROOT, properties, translated
from tools.deploy import Stopped, overrides, stamp


def versions(**parameters: str) -> set[str]:
    """The logical ids of the functions' versions: a new id is a new version."""
    return set(translated(**parameters).of_type("AWS::Lambda::Version"))


def released(folder: Path, **parameters: str) -> set[str]:
    """The same, of what `make deploy` makes of the template."""
    built = folder / "template.yaml"
    shutil.copy(ROOT / "template.yaml", built)
    stamp(built, parameters)
    return set(template.load(built, PARAMETERS | parameters).of_type("AWS::Lambda::Version"))


@pytest.mark.parametrize(
    "change", [{"LogLevel": "DEBUG"}, {"MaxAmount": "1000000.00"}, {"NotificationTrust": "signed"}], ids=str
)
def test_a_changed_parameter_is_a_new_version_of_every_function(tmp_path: Path, change: dict[str, str]) -> None:
    assert not released(tmp_path, **change) & released(tmp_path)
    assert released(tmp_path, **change) == released(tmp_path, **change)


def test_a_parameters_value_alone_is_none_which_is_why_the_release_is_stamped() -> None:
    """SAM 1.115 hashes the template's references. Should it resolve them one day, the stamp can go."""
    assert versions(MaxAmount="1000000.00") == versions()


def test_a_changed_layer_is_a_new_version(tmp_path: Path) -> None:
    changed = tmp_path / "template.yaml"
    text = (ROOT / "template.yaml").read_text()
    changed.write_text(text.replace("ContentUri: layers/payouts", "ContentUri: layers/another"))
    assert not set(template.load(changed, PARAMETERS).of_type("AWS::Lambda::Version")) & versions()


def test_what_was_stamped_is_stamped_again(tmp_path: Path) -> None:
    """A build that was not made anew still has the stamp of the release before."""
    built = tmp_path / "template.yaml"
    shutil.copy(ROOT / "template.yaml", built)
    stamp(built, {"MaxAmount": "1.00"})
    first = built.read_text()
    stamp(built, {"MaxAmount": "2.00"})
    assert built.read_text() != first
    stamp(built, {"MaxAmount": "1.00"})
    assert built.read_text() == first


def test_a_template_without_a_place_for_the_stamp_is_not_deployed(tmp_path: Path) -> None:
    built = tmp_path / "template.yaml"
    built.write_text("Resources: {}\n")
    with pytest.raises(Stopped, match="RELEASE"):
        stamp(built, {})


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
