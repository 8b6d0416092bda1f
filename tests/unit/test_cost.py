"""docs/cost.md matches the figures, the prices and the template."""

import json
import re

import pytest

from payouts.domain.transfer import Status
from payouts.services.batch_rows import MOST_ROWS
from payouts.services.row_threads import ROWS_AT_ONCE
from tests.template.reading import translated
from tools.cost import limits, page, usage
from tools.cost.prices import PRICED_IN_JAKARTA, Prices

FIGURES = json.loads(page.FIGURES.read_text())


def test_the_page_is_current() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.page(), "run `make cost`"


def test_a_price_is_for_so_many() -> None:
    prices = Prices({"writes": {"usd": "0.625", "per": "1000000"}})
    assert prices.of("writes", 2_000_000) == pytest.approx(1.25)


def test_everything_used_has_a_price_and_every_price_is_used() -> None:
    used = usage.transfer(FIGURES, translated()).keys() | usage.idle(FIGURES, translated()).keys()
    assert used == Prices.read().rows.keys()


def test_every_metric_of_an_alarm_is_counted() -> None:
    """An expression over four metrics costs four times what one metric does."""
    template = translated()
    alarms = template.deployed("AWS::CloudWatch::Alarm")
    expressions = [alarm for alarm in alarms.values() if "Metrics" in alarm]
    assert expressions
    metrics = [filter(None, template.resolve(alarm["Metrics"])) for alarm in expressions]
    more = sum(sum("MetricStat" in one for one in several) - 1 for several in metrics)
    assert usage.idle(FIGURES, template)["alarms"] == len(alarms) + more


def test_every_metric_of_our_own_is_counted_once() -> None:
    found = usage.own_metrics(translated())
    assert {("Transfers", "REFUNDED"), ("TransfersDisputed",), ("Rupiah", "SUCCESS")} <= found
    assert usage.idle(FIGURES, translated())["metrics"] == len(found)
    assert {status for _, *statuses in found for status in statuses} <= set(Status)


def test_each_pipe_reads_the_stream_by_shard_all_month() -> None:
    by_pipe = usage.STREAM_SHARDS * 4 * 30 * 86_400
    assert usage.idle(FIGURES, translated(WebhookUrl=""))["stream_reads"] == by_pipe
    assert usage.idle(FIGURES, translated())["stream_reads"] == 2 * by_pipe


def test_a_rotating_key_costs_three_times_its_price_in_the_end() -> None:
    used = usage.idle(FIGURES, translated())
    assert (used["keys"], used["key_rotations"]) == (1, 2)


def test_a_price_that_is_not_known_is_said_to_be() -> None:
    row = {"usd": "1", "usd_jakarta": "", "per": "1", "what": "Keys"}
    known = {**row, "usd_jakarta": "1.25"}
    assert list(page._table(Prices({"keys": row}), {"keys": 2}))[2:] == [
        "| Keys | 2.00 | 2.00 | not known |",
        "| **together** | | **2.00** | not known |",
    ]
    assert list(page._table(Prices({"keys": known}), {"keys": 2}))[3] == "| **together** | | **2.00** | 2.50 |"


def test_jakartas_prices_have_a_date() -> None:
    known = [name for name, row in Prices.read().rows.items() if row["usd_jakarta"]]
    assert bool(known) is bool(PRICED_IN_JAKARTA)


def test_the_decisions_repeat_no_sum_of_the_page() -> None:
    """Two places drift apart."""
    entry = (
        (page.ROOT / "docs" / "decisions.md").read_text().partition("What the protections cost")[2].partition("## ")[0]
    )
    assert "cost.md" in entry
    assert not re.search(r"\balarms? \d|metrics \d|\d+ alarms|\d+ metrics", entry)


def test_more_write_units_cost_more() -> None:
    template, figures = translated(), FIGURES
    more = figures | {"write_units_create": figures["write_units_create"] + 1}
    assert usage.transfer(more, template)["writes"] == usage.transfer(figures, template)["writes"] + 1


def test_less_memory_costs_less_while_waiting() -> None:
    """Processor time costs the same at any memory; waiting for DOKU does not."""
    small, large = (size * usage.seconds(FIGURES, "create", size, 0.5) for size in (0.25, 0.5))
    waiting = 0.5 + FIGURES["calls_aws_create"] * usage.AWS_SECONDS
    assert large - small == pytest.approx(0.25 * waiting)


def test_the_bill_assumes_a_rate_that_carries_the_peak() -> None:
    rate = usage.needed_rate(usage.MILLION)
    assert rate * 0.25 / 2 >= usage.MILLION / usage.MONTH * usage.PEAK
    assert usage.poll_seconds(FIGURES, translated(), rate) == pytest.approx(1 / (rate * 0.3))


def test_a_line_without_a_reason_is_an_error() -> None:
    prices = Prices({"news": {"usd": "1", "per": "1", "what": "Something new"}})
    with pytest.raises(KeyError):
        list(page.reasons(prices, {"news": 1.0}))


def test_limits_follow_the_parameters() -> None:
    found = {limit.name: limit.per_month for limit in limits.limits(FIGURES, translated())}
    twice = {limit.name: limit.per_month for limit in limits.limits(FIGURES, translated(DokuRequestsPerSecond="40"))}
    api, faster = (
        "the API's 5 requests a second to DOKU, 2 for a transfer",
        "the API's 10 requests a second to DOKU, 2 for a transfer",
    )
    assert twice[faster] == pytest.approx(2 * found[api])
    assert [one.per_month for one in limits.limits(FIGURES, translated())] == sorted(found.values())


def test_the_bill_of_batches_assumes_a_rate_that_pays_them_in_time() -> None:
    template, rate = translated(), usage.batch_rate()
    workers, in_time = usage.batch_workers(FIGURES, template), MOST_ROWS / (usage.BATCH_HOURS * 3600)
    assert rate * 0.4 / 2 >= in_time
    assert workers * ROWS_AT_ONCE / (2 * usage.DOKU_SECONDS) >= in_time


def test_workers_that_wait_for_their_turn_cost_more() -> None:
    template, rate = translated(), usage.batch_rate()
    few, many = (usage.row_seconds(FIGURES, template, rate, workers) for workers in (1, 40))
    assert few == pytest.approx(usage.row_seconds(FIGURES, template, 0, 1))
    assert many > 40 * usage.BATCH_ASKED / (rate * 0.4)


def test_everything_that_batches_use_has_a_price() -> None:
    assert usage.batch_row(FIGURES, translated(), 0, 2).keys() <= Prices.read().rows.keys()
