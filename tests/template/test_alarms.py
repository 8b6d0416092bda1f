"""Alarms: each has a section in the runbook and notifies the topic."""

import re
from functools import cache

import pytest

from tests.template.reading import FUNCTIONS, ROOT, Properties, properties, text, translated

TOPIC = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
STOPPED = ("LateChecksAlarm", "MissingBalanceProofAlarm")
"""Alarms on what the poller publishes at each run: without it they have no data."""
ALARMS = sorted(translated().of_type("AWS::CloudWatch::Alarm"))


@cache
def sections() -> dict[str, str]:
    """The runbook's sections by the anchor that their heading has."""
    parts = re.split(r"^## (.+)$", (ROOT / "docs/operations.md").read_text(), flags=re.MULTILINE)
    return {_anchor(title): body for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_has_its_section_in_the_runbook(alarm: str) -> None:
    said = re.fullmatch(r".+: docs/operations\.md#([\w-]+)", properties(alarm)["AlarmDescription"])
    assert said is not None
    section = sections()[said[1]]
    assert alarm in section
    assert "\nClears " in section


def test_the_runbook_names_no_unknown_alarm() -> None:
    named = set(re.findall(r"\w+Alarm\b", (ROOT / "docs/operations.md").read_text()))
    assert named == set(ALARMS)


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_and_its_recovery_notify(alarm: str) -> None:
    assert properties(alarm)["AlarmActions"] == properties(alarm)["OKActions"] == TOPIC


@pytest.mark.parametrize("alarm", ALARMS)
def test_missing_data_raises_no_alarm(alarm: str) -> None:
    """A new stack begins without alarms. A stopped poller is INSUFFICIENT_DATA, which has an action."""
    kept = ("LowDepositAlarm", "BalanceDecreaseAlarm", "FailingStatusEventsAlarm", "FailingBatchEventsAlarm")
    stopped = dict.fromkeys(STOPPED, "missing")
    expected = {**stopped, **dict.fromkeys(kept, "ignore")}.get(alarm, "notBreaching")
    assert properties(alarm)["TreatMissingData"] == expected
    assert ("InsufficientDataActions" in properties(alarm)) is (expected == "missing")


@pytest.mark.parametrize("alarm", STOPPED)
def test_a_stopped_poller_notifies(alarm: str) -> None:
    assert properties(alarm)["InsufficientDataActions"] == TOPIC


def test_two_hours_without_a_proof_raise_the_alarm() -> None:
    alarm = properties("MissingBalanceProofAlarm")
    assert alarm["MetricName"] == "BalanceProved"
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == ("Maximum", "LessThanThreshold", 1)
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 2 * 3600


def test_every_dead_letter_queue_has_an_alarm() -> None:
    dead = {name for name in translated().of_type("AWS::SQS::Queue") if "DeadLetter" in name}
    for name in dead:
        assert [alarm for alarm in ALARMS if f'"{name}"' in text(properties(alarm))], name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_errors_and_throttles_have_alarms(function: str) -> None:
    for metric in ("Errors", "Throttles"):
        assert [
            name for name in ALARMS if f'"{metric}"' in text(properties(name)) and function in text(properties(name))
        ]


def test_errors_of_the_functions_end_a_rollout() -> None:
    expected = {f"{function.removesuffix('Function')}ErrorsAlarm" for function in FUNCTIONS}
    for name, group in translated().of_type("AWS::CodeDeploy::DeploymentGroup").items():
        condition, alarms, nothing = group["AlarmConfiguration"]["Fn::If"]
        assert (condition, alarms["Enabled"], nothing) == ("AlarmsEndRollouts", True, {})
        assert {one["Name"]["Ref"] for one in alarms["Alarms"]} == {*expected, "UnexpectedFailuresAlarm"}, name
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"], name
        assert _watches_no_route(group)


def test_one_failed_tick_raises_the_alarm() -> None:
    """A canary has a tenth of the ticks, so two failures within three minutes may never happen."""
    assert properties("StatusPollerErrorsAlarm")["DatapointsToAlarm"] == 1


def _watches_no_route(group: Properties) -> bool:
    """True if no alarm is on the API, which depends on the alias, which depends on the alarms: a cycle."""
    watched = [one["Name"]["Ref"] for one in group["AlarmConfiguration"]["Fn::If"][1]["Alarms"]]
    return not [name for name in watched if "HttpApi" in text(properties(name))]
