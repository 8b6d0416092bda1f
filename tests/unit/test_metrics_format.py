"""Metrics as lines that CloudWatch reads: the embedded metric format."""

import json
import warnings

import pytest

from payouts.runtime import metrics


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "payouts")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_metric_has_its_unit_and_dimensions(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.publish({"Transfers": 1, "OldestDueAge": 2.5}, transfer_status="SUCCESS")
    (line,) = lines(capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]  # type: ignore[index]
    assert directive["Namespace"] == "Payouts"
    (dimensions,) = directive["Dimensions"]
    assert {name: line[name] for name in dimensions} == {"service": "payouts", "transfer_status": "SUCCESS"}
    assert {one["Name"]: one["Unit"] for one in directive["Metrics"]} == {
        "Transfers": "Count",
        "OldestDueAge": "Seconds",
    }
    assert (line["Transfers"], line["OldestDueAge"]) == ([1.0], [2.5])


def test_one_set_leaves_nothing_to_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.publish({"Transfers": 1}, transfer_status="SUCCESS")
    metrics.publish({"TokenFailures": 1})
    _, line = lines(capsys)
    assert set(line) == {"_aws", "service", "TokenFailures"}


def test_no_metrics_write_no_line_and_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(action="error"):
        metrics.publish({})
    assert lines(capsys) == []


def test_powertools_can_disable_metrics(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    metrics.publish({"Transfers": 1})
    assert lines(capsys) == []
