"""Alarms: each has its section of the runbook, and somebody who hears it."""

import re
from functools import cache

import pytest

from tests.template.reading import FUNCTIONS, ROOT, Properties, properties, text, translated

SOMEBODY = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
ALARMS = sorted(translated().of_type("AWS::CloudWatch::Alarm"))


@cache
def sections() -> dict[str, str]:
    """The runbook's sections by the anchor that their heading has."""
    parts = re.split(r"^## (.+)$", (ROOT / "docs/operations.md").read_text(), flags=re.MULTILINE)
    return {_anchor(title): body for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_leads_to_a_section_that_names_it_and_says_when_it_is_over(alarm: str) -> None:
    said = re.fullmatch(r".+: docs/operations\.md#([\w-]+)", properties(alarm)["AlarmDescription"])
    assert said is not None
    section = sections()[said[1]]
    assert alarm in section
    assert "Over: " in section


def test_the_runbook_names_no_alarm_that_is_not_there() -> None:
    named = set(re.findall(r"\w+Alarm\b", (ROOT / "docs/operations.md").read_text()))
    assert named == set(ALARMS)


@pytest.mark.parametrize("alarm", ALARMS)
def test_somebody_hears_an_alarm_and_its_end(alarm: str) -> None:
    assert properties(alarm)["AlarmActions"] == properties(alarm)["OKActions"] == SOMEBODY


@pytest.mark.parametrize("alarm", ALARMS)
def test_missing_data_is_no_alarm(alarm: str) -> None:
    """So a new stack begins without one. A poller that stopped is INSUFFICIENT_DATA, which has an action."""
    expected = {"LateChecksAlarm": "missing", "LowDepositAlarm": "ignore"}.get(alarm, "notBreaching")
    assert properties(alarm)["TreatMissingData"] == expected
    assert ("InsufficientDataActions" in properties(alarm)) is (expected == "missing")


def test_a_poller_that_stopped_notifies() -> None:
    assert properties("LateChecksAlarm")["InsufficientDataActions"] == SOMEBODY


def test_every_queue_of_dead_letters_has_its_alarm() -> None:
    dead = {name for name in translated().of_type("AWS::SQS::Queue") if "DeadLetter" in name}
    for name in dead:
        assert [alarm for alarm in ALARMS if f'"{name}"' in text(properties(alarm))], name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_functions_errors_and_throttles_have_an_alarm(function: str) -> None:
    for metric in ("Errors", "Throttles"):
        assert [
            name for name in ALARMS if f'"{metric}"' in text(properties(name)) and function in text(properties(name))
        ]


def test_a_rollout_ends_by_what_its_own_code_does_wrong() -> None:
    expected = {f"{function.removesuffix('Function')}ErrorsAlarm" for function in FUNCTIONS}
    for name, group in translated().of_type("AWS::CodeDeploy::DeploymentGroup").items():
        condition, alarms, nothing = group["AlarmConfiguration"]["Fn::If"]
        assert (condition, alarms["Enabled"], nothing) == ("AlarmsEndRollouts", True, {})
        assert {one["Name"]["Ref"] for one in alarms["Alarms"]} == {*expected, "UnexpectedFailuresAlarm"}, name
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"], name
        assert _watches_no_route(group)


def test_one_failed_tick_of_a_canary_is_enough() -> None:
    """A tenth of the ticks are the new version's: two within three minutes may never come."""
    assert properties("StatusPollerErrorsAlarm")["DatapointsToAlarm"] == 1


def _watches_no_route(group: Properties) -> bool:
    """An alarm on the API stands on the API, which stands on the alias that is waiting for the alarm: a circle."""
    watched = [one["Name"]["Ref"] for one in group["AlarmConfiguration"]["Fn::If"][1]["Alarms"]]
    return not [name for name in watched if "HttpApi" in text(properties(name))]
