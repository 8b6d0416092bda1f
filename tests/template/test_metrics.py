"""Every metric of an alarm or the dashboard is measured by the real handlers or by AWS."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from local.in_process.backing_services import BackingServices
from local.in_process.webhooks import receiving
from payouts.runtime.metrics import NAMESPACE
from tests.integration.receiver.notifications import deliver, signed
from tests.support import log_watch
from tests.support.harness import Context, World, order, sample_event
from tests.template.reading import chosen, properties, text, translated

SERVICE = "payouts-test"
BY_AWS = {
    "AWS/ApiGateway": {"Count", "4xx", "5xx", "Latency"},
    "AWS/DynamoDB": {"ThrottledRequests"},
    "AWS/EventBridge/Pipes": {"ExecutionFailed"},
    "AWS/Lambda": {"Errors", "Throttles", "Duration", "ConcurrentExecutions"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
}
"""Names from the services' own pages on monitoring, for HTTP APIs those of version 2."""


class Metric(NamedTuple):
    """A metric's name and the value of its dimension transfer_status, if any."""

    name: str
    status: str = ""


class Log:
    """The metrics that the functions have written since the last `take`."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def take(self) -> dict[Metric, float]:
        """The sum of each metric."""
        found: dict[Metric, float] = {}
        lines = [line for line in self._capsys.readouterr().out.splitlines() if line.startswith("{")]
        assert log_watch.found_in(lines) == []
        for record in map(json.loads, lines):
            for directive in record.get("_aws", {}).get("CloudWatchMetrics", ()):
                assert directive["Namespace"] == NAMESPACE
                (dimensions,) = directive["Dimensions"]
                assert set(dimensions) - {"transfer_status"} == {"service"}
                assert record["service"] == SERVICE
                for definition in directive["Metrics"]:
                    metric = Metric(definition["Name"], record.get("transfer_status", ""))
                    found[metric] = found.get(metric, 0) + sum(record[definition["Name"]])
        return found


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, world: World) -> Log:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", SERVICE)
    return Log(capsys)


def alarms() -> Iterator[tuple[str, str, Metric]]:
    """Namespace and metric of each alarm."""
    for name, found in translated().of_type("AWS::CloudWatch::Alarm").items():
        several = [each["MetricStat"]["Metric"] for each in chosen(found.get("Metrics", []))[1:]]
        for one in several or [found]:
            dimensions = {dimension["Name"]: dimension["Value"] for dimension in one["Dimensions"]}
            yield name, one["Namespace"], Metric(one["MetricName"], dimensions.get("transfer_status", ""))


def on_the_dashboard() -> Iterator[tuple[str, Metric]]:
    """Namespace and metric of each line of each widget."""
    for widget in json.loads(properties("Dashboard")["DashboardBody"]["Fn::Sub"])["widgets"]:
        for namespace, name, *rest in widget["properties"].get("metrics", []):
            names = [part for part in rest if isinstance(part, str)]
            dimensions = dict(zip(names[::2], names[1::2], strict=True))
            yield namespace, Metric(name, dimensions.get("transfer_status", ""))


def looked_at() -> set[Metric]:
    """Our own metrics that an alarm or the dashboard uses."""
    found = {metric for _, namespace, metric in alarms() if namespace == NAMESPACE}
    return found | {metric for namespace, metric in on_the_dashboard() if namespace == NAMESPACE}


def test_every_watched_metric_is_measured(backing_services: BackingServices, world: World, log: Log) -> None:
    seen: set[Metric] = set()
    money = (_paid_and_refunded, _failed, _in_doubt, _disputed)
    for happens in (*money, _notifications, _no_token, _balance, _busy, _unhandled):
        happens(world)
        seen |= set(log.take())
    with receiving(backing_services, world) as webhooks:
        webhooks.catch_up()
    seen |= set(log.take())
    assert looked_at() - seen == set()


def test_aws_metrics_have_their_documented_names() -> None:
    pairs = {(namespace, metric.name) for _, namespace, metric in alarms()}
    pairs |= {(namespace, metric.name) for namespace, metric in on_the_dashboard()}
    assert {(space, name) for space, name in pairs if space != NAMESPACE and name not in BY_AWS[space]} == set()


def test_our_metrics_have_this_stacks_dimension() -> None:
    for name, namespace, _ in alarms():
        dimensions = properties(name).get("Dimensions", [])
        if namespace == NAMESPACE:
            assert {"Name": "service", "Value": {"Ref": "AWS::StackName"}} in dimensions, name
    for function in translated().of_type("AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}


def test_the_dashboard_has_unconditional_resources_only() -> None:
    names = set(re.findall(r"\$\{(\w+)(?:\.\w+)?\}", text(properties("Dashboard"))))
    resources = translated().resources
    assert {name for name in names if "Condition" in resources[name]} == set()


def test_the_dashboard_shows_money_first() -> None:
    widgets = json.loads(properties("Dashboard")["DashboardBody"]["Fn::Sub"])["widgets"]
    first = [widget["properties"]["title"] for widget in widgets if widget["y"] == 0 and widget["type"] == "metric"]
    assert first == ["Transfers by result", "Rupiah", "Balance, in rupiah"]
    cells = [
        (x, y)
        for widget in widgets
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells)), "two widgets overlap"
    assert max(x for x, _ in cells) == 23


def test_a_status_change_is_counted_once(world: World, log: Log) -> None:
    body = order(amount={"value": "150000.00", "currency": "IDR"})
    world.create(body)
    world.clock.advance(120)
    world.tick()
    world.request("POST", f"/v1/transfers/{body['partnerReferenceNo']}/status-checks")
    counted = log.take()
    assert counted[Metric("Transfers", "SUCCESS")] == 1
    assert counted[Metric("Rupiah", "SUCCESS")] == 150_000


def test_a_lost_reply_counts_no_change_twice(world: World, log: Log) -> None:
    body = order()
    world.create(body)
    world.clock.advance(120)
    world.faults.lose_reply("UpdateItem")
    world.request("POST", f"/v1/transfers/{body['partnerReferenceNo']}/status-checks")
    assert log.take()[Metric("Transfers", "SUCCESS")] == 1


def test_a_doubt_has_the_age_of_its_transfer(world: World, log: Log) -> None:
    _in_doubt(world)
    measured = log.take()
    assert measured[Metric("TransfersInDoubt")] >= 1
    assert 60 <= measured[Metric("OldestInDoubtAge")] < 200


@pytest.mark.parametrize(
    ("deposit", "above"), [("1000000000.00", "positive"), ("1000.00", "negative")], ids=["enough", "too low"]
)
def test_the_balance_is_compared_with_the_alert_limit(world: World, log: Log, deposit: str, above: str) -> None:
    world.doku.deposit(deposit)
    _balance(world)
    measured = log.take()
    assert measured[Metric("DepositAvailable")] == int(deposit.partition(".")[0])
    assert (measured[Metric("DepositAboveAlertLimit")] > 0) is (above == "positive")


def test_an_unknown_balance_is_not_measured(world: World, log: Log) -> None:
    world.doku.fault("balance", "reset-before", times=5)
    assert world.call_poller({"measure": "deposit"}, Context(lambda: 60_000)) == {"BalanceProved": 0}
    assert not {metric.name for metric in log.take()} & {"DepositAvailable", "DepositAboveAlertLimit"}


def _paid_and_refunded(world: World) -> None:
    world.create(order(beneficiaryAccountNumber="7746555134"))
    world.create(order(beneficiaryAccountNumber="12345", channelCode="07"))
    world.clock.advance(70)
    world.tick()
    world.clock.advance(8 * 86_400)
    world.tick()


def _failed(world: World) -> None:
    world.doku.fault("transfer", "reset-before")
    world.create(order())
    for _round in range(8):
        world.clock.advance(12 * 3600)
        world.tick()


def _in_doubt(world: World) -> None:
    world.doku.fault("transfer", "timeout-before", seconds=0.1)
    world.create(order())
    world.clock.advance(70)
    world.tick()


def _disputed(world: World) -> None:
    body = order()
    world.create(body)
    world.clock.advance(70)
    world.tick()
    reference = body["partnerReferenceNo"]
    world.doku.fault("status", "status-says", latestTransactionStatus="06", partnerReferenceNo=reference)
    world.clock.advance(2 * 86_400 + 900)
    world.tick()


def _notifications(world: World) -> None:
    deliver(world, signed(world))
    deliver(world, {})
    deliver(world, signed(world), "no JSON")
    deliver(world, signed(world), '{"transactionId":"DK2"}')  # another body under the same requestId
    world.faults.throttle("SendMessage")
    deliver(world, signed(world))
    world.pump()  # about an unknown transfer
    world.clock.advance(3600)
    world.pump()
    world.create(order(partnerReferenceNo="hsjkans284b2he54"))
    world.call_processor(sample_event("notification-queue"), Context(lambda: 60_000))


def _no_token(world: World) -> None:
    world.doku.fault("token", "unauthorized", times=5)
    world.doku.expire_tokens()
    world.clock.advance(3600)
    world.restarted().request("GET", "/v1/balance")
    world.doku.heal()


def _balance(world: World) -> None:
    world.call_poller({"measure": "deposit"}, Context(lambda: 60_000, "StatusPollerFunction"))


def _busy(world: World) -> None:
    world.doku.fault("balance", "throttled")
    world.request("GET", "/v1/balance")
    world.create(order(), remaining=lambda: 10_000)


def _unhandled(world: World) -> None:
    world.call_receiver({}, Context(lambda: 10_000))
