"""docs/cost.md matches the figures, the prices and the template."""

import json
import re

import pytest

from payouts.domain.transfer import Status
from tests.template.reading import translated
from tools import cost
from tools.cost import Prices


def test_the_page_is_current() -> None:
    assert cost.PAGE.read_text(encoding="utf-8") == cost.page(), "run `make cost`"


def test_a_price_is_for_so_many() -> None:
    prices = Prices({"writes": {"usd": "0.625", "per": "1000000"}})
    assert prices.of("writes", 2_000_000) == pytest.approx(1.25)


def test_everything_used_has_a_price_and_every_price_is_used() -> None:
    figures = json.loads(cost.FIGURES.read_text())
    used = cost.transfer(figures, translated(), 1.0).keys() | cost.idle(translated()).keys()
    assert used == Prices.read().rows.keys()


def test_every_metric_of_an_alarm_is_counted() -> None:
    """An expression over four metrics costs four times what one metric does."""
    template = translated()
    alarms = template.deployed("AWS::CloudWatch::Alarm")
    expressions = [alarm for alarm in alarms.values() if "Metrics" in alarm]
    assert expressions
    metrics = [filter(None, template.resolve(alarm["Metrics"])) for alarm in expressions]
    more = sum(sum("MetricStat" in one for one in several) - 1 for several in metrics)
    assert cost.idle(template)["alarms"] == len(alarms) + more


def test_every_metric_of_our_own_is_counted_once() -> None:
    found = cost.own_metrics(translated())
    assert {("Transfers", "REFUNDED"), ("TransfersDisputed",), ("Rupiah", "SUCCESS")} <= found
    assert cost.idle(translated())["metrics"] == len(found)
    assert {status for _, *statuses in found for status in statuses} <= set(Status)


def test_the_stream_is_read_by_shard_all_month() -> None:
    assert cost.idle(translated())["stream_reads"] == cost.STREAM_SHARDS * 4 * 30 * 86_400


def test_a_rotating_key_costs_three_times_its_price_in_the_end() -> None:
    used = cost.idle(translated())
    assert (used["keys"], used["key_rotations"]) == (1, 2)


def test_a_price_that_is_not_known_is_said_to_be() -> None:
    row = {"usd": "1", "usd_jakarta": "", "per": "1", "what": "Keys"}
    known = {**row, "usd_jakarta": "1.25"}
    assert list(cost._table(Prices({"keys": row}), {"keys": 2}))[2:] == [
        "| Keys | 2.00 | 2.00 | not known |",
        "| **together** | | **2.00** | not known |",
    ]
    assert list(cost._table(Prices({"keys": known}), {"keys": 2}))[3] == "| **together** | | **2.00** | 2.50 |"


def test_jakartas_prices_have_a_date() -> None:
    known = [name for name, row in Prices.read().rows.items() if row["usd_jakarta"]]
    assert bool(known) is bool(cost.PRICED_IN_JAKARTA)


def test_the_decisions_repeat_no_sum_of_the_page() -> None:
    """Two places drift apart."""
    entry = (
        (cost.ROOT / "docs" / "decisions.md").read_text().partition("What the protections cost")[2].partition("## ")[0]
    )
    assert "cost.md" in entry
    assert not re.search(r"\balarms? \d|metrics \d|\d+ alarms|\d+ metrics", entry)


def test_more_write_units_cost_more() -> None:
    template, figures = translated(), json.loads(cost.FIGURES.read_text())
    more = figures | {"write_units_create": figures["write_units_create"] + 1}
    assert cost.transfer(more, template, 1.0)["writes"] == cost.transfer(figures, template, 1.0)["writes"] + 1
