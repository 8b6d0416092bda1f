"""Write docs/cost.md: AWS's price of transfers, from the calls that `make bench` counted and the public prices."""

import csv
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.aws.template import Template, load
from payouts.store.due_index import READ_SHARDS, WRITTEN_SHARDS
from tools.output import print_json

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "cost.md"
PRICES = Path(__file__).parent / "prices.csv"
FIGURES = ROOT / "docs" / "figures" / "bench.json"
SUMS = ROOT / "docs" / "figures" / "cost.json"
PRICED = "2026-11-21, us-east-1, without the free tier"
PRICED_IN_JAKARTA = ""
"""The date of the prices in the column usd_jakarta; empty while they are unknown."""
NOT_KNOWN = "not known"

# --- assumptions, listed on the page

GETS = 3
"""Reads of a transfer by a frontend."""
UNPAID = 0.1
"""Share of transfers that are not paid at once: a notification and two more checks."""
CHECKS_AFTER = 3
"""Checks after the payment: at 1, 3 and 7 days (payouts.domain.schedule)."""
DOKU_SECONDS, STATUS_SECONDS = 0.5, 0.3
"""DOKU's latency for an inquiry or a transfer, and for a status check."""
OUR_SECONDS = 0.03
"""Time of a function and DynamoDB for a request, at half a gigabyte."""
LOG_KB = 1.5
"""Log volume of an invocation, with its REPORT line and the access log."""
ITEM_KB = 1.0
STATUS_CHANGES = 3
REQUEST_ID_WRITES = 1
"""Writes of the receiver for a notification (payouts.store.notification_ids)."""
TRACED = 0.05
STREAM_SHARDS = 4
"""A new on-demand table accepts 4,000 writes a second: four partitions, each with a shard of the stream."""
STREAM_READS = 4
"""Reads by a pipe of an idle stream, for each second and shard."""
PAID_ROTATIONS = 2
"""Earlier key materials that are charged: the first and the second, no later ones."""
OUR_NAMESPACE = "Payouts"
TICKS = 60 * 24 * 30.0
TICK_SECONDS = 0.15
"""Duration of a tick without due transfers."""
PEAK = 10
"""The busiest second of a month, as a multiple of the mean."""
_MONTH = 30 * 86_400


@dataclass(frozen=True)
class Prices:
    """Prices in US dollars by name."""

    rows: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, path: Path = PRICES) -> "Prices":
        """Read the data file."""
        with path.open(newline="") as file:
            return cls({row["name"]: row for row in csv.DictReader(file)})

    def of(self, name: str, quantity: float) -> float:
        """The price of a quantity of `name`."""
        row = self.rows[name]
        return quantity * float(row["usd"]) / float(row["per"])

    def in_jakarta(self, name: str, quantity: float) -> float | None:
        """The price of a quantity in ap-southeast-3; None if unknown."""
        row = self.rows[name]
        return quantity * float(row["usd_jakarta"]) / float(row["per"]) if row["usd_jakarta"] else None


def transfer(figures: Mapping[str, float], template: Template, share: float) -> dict[str, float]:
    """The usage of one transfer by price name. `share` is the poller's throughput over the ideal (bench)."""
    memory = _memory(template)
    checks = 1 + CHECKS_AFTER + 2 * UNPAID
    later = checks - 1
    invocations = 2 + GETS + 2 * UNPAID
    api = memory["TransferApiFunction"] * (2 * (DOKU_SECONDS + OUR_SECONDS) + GETS * OUR_SECONDS)
    received = memory["NotificationReceiverFunction"] * OUR_SECONDS
    processed = memory["NotificationProcessorFunction"] * (STATUS_SECONDS + OUR_SECONDS)
    threads = float(template.parameters["PollConcurrency"])
    polled = memory["StatusPollerFunction"] * checks * STATUS_SECONDS / threads / share
    writes = figures["write_units_inquire"] + figures["write_units_create"] + figures["write_units_first_check"]
    notified = UNPAID * (figures["write_units_process"] + REQUEST_ID_WRITES)
    reads = GETS * figures["read_units_get"] + checks * figures["read_units_first_check"]
    return {
        "lambda_requests": invocations,
        "lambda_gb_seconds": api + UNPAID * (received + processed) + polled,
        "api_requests": 2 + GETS + UNPAID,
        "writes": writes + later * figures["write_units_later_check"] + notified,
        "reads": reads + UNPAID * figures["read_units_process"],
        "storage_gb_months": ITEM_KB / 1e6,
        "backup_gb_months": ITEM_KB / 1e6,
        "sqs_requests": 3 * UNPAID,
        "log_gb": invocations * LOG_KB / 1e6,
        "traces": invocations * TRACED,
        "pipe_requests": STATUS_CHANGES,
        "events": STATUS_CHANGES,
    }


def idle(template: Template) -> dict[str, float]:
    """The usage of a month without transfers, by price name."""
    ticks = TICKS * float(template.parameters["Pollers"])
    return {
        "lambda_requests": ticks,
        "lambda_gb_seconds": ticks * TICK_SECONDS * _memory(template)["StatusPollerFunction"],
        "reads": ticks * READ_SHARDS / 2,
        "sqs_requests": 5 * 3 * TICKS,  # Lambda polls the queue with five connections, each for 20 s
        "schedules": ticks,
        "log_gb": ticks * LOG_KB / 1e6,
        "traces": ticks * TRACED,
        "stream_reads": len(template.deployed("AWS::Pipes::Pipe")) * STREAM_SHARDS * STREAM_READS * _MONTH,
        "metrics": len(own_metrics(template)),
        "alarms": len(list(alarm_metrics(template))),
        "dashboards": len(template.deployed("AWS::CloudWatch::Dashboard")),
        "secrets": len(template.deployed("AWS::SecretsManager::Secret")),
        "secret_calls": TICKS / 5,
        "keys": len(template.deployed("AWS::KMS::Key")),
        "key_rotations": PAID_ROTATIONS * sum(key["EnableKeyRotation"] for key in _keys(template)),
    }


def alarm_metrics(template: Template) -> Iterator[Mapping[str, Any]]:
    """Each metric that an alarm watches: AWS charges for every metric in an expression."""
    for alarm in template.deployed("AWS::CloudWatch::Alarm").values():
        if "MetricName" in alarm:
            yield alarm
        else:
            metrics = filter(None, template.resolve(alarm["Metrics"]))
            yield from (one["MetricStat"]["Metric"] for one in metrics if "MetricStat" in one)


def own_metrics(template: Template) -> set[tuple[str, ...]]:
    """Names and statuses of our own metrics on an alarm or the dashboard."""
    watched = [metric for metric in alarm_metrics(template) if metric["Namespace"] == OUR_NAMESPACE]
    found = {(one["MetricName"], *_values(one["Dimensions"])) for one in watched}
    (dashboard,) = template.deployed("AWS::CloudWatch::Dashboard").values()
    for widget in json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]:
        for namespace, name, *rest in widget["properties"].get("metrics", []):
            if namespace == OUR_NAMESPACE:
                found.add((name, *(part for part in rest[3:4] if isinstance(part, str))))
    return found


def _values(dimensions: list[Mapping[str, Any]]) -> Iterator[str]:
    """The values of all dimensions except the first, the deployment."""
    return (dimension["Value"] for dimension in dimensions[1:])


def _keys(template: Template) -> Iterable[Mapping[str, Any]]:
    return template.deployed("AWS::KMS::Key").values()


def sums() -> tuple[float, float]:
    """US dollars for a million transfers, and for a month without any."""
    figures, template, prices = json.loads(FIGURES.read_text()), _template(), Prices.read()
    used = transfer(figures, template, figures["poll_share_of_ideal"])
    return (
        sum(prices.of(name, 1e6 * count) for name, count in used.items()),
        sum(prices.of(name, count) for name, count in idle(template).items()),
    )


def page() -> str:
    """The text of docs/cost.md."""
    figures, template, prices = json.loads(FIGURES.read_text()), _template(), Prices.read()
    used, still = transfer(figures, template, figures["poll_share_of_ideal"]), idle(template)
    million, month = sums()
    return "\n".join(
        [
            "# Cost",
            "",
            "<!-- written by `make cost` from docs/figures/bench.json, tools/prices.csv and template.yaml -->",
            "",
            _paragraph(
                f"AWS's public prices ({PRICED}). Jakarta's (ap-southeast-3) {_priced_in_jakarta()}",
                "Enter them in the column `usd_jakarta` of tools/prices.csv; `make cost` writes this page. DOKU's",
                "fees, taxes, requests to KMS and a NAT gateway are not included.",
            ),
            "",
            "| transfers a month | US dollars a month | US dollars a transfer |",
            "|---:|---:|---:|",
            f"| none | {month:,.2f} | |",
            *(_volume(count, million, month) for count in (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)),
            "",
            "## A million transfers",
            "",
            *_table(prices, {name: 1e6 * count for name, count in used.items()}),
            "",
            _paragraph(
                "The cost is linear, except for storage: transfers are kept forever, so the storage and backup that a",
                "month adds are charged again in every later month. Nothing else accumulates: the poller reads only",
                "transfers that are due ([performance.md](performance.md)).",
            ),
            "",
            _paragraph(
                f"Assumptions: a transfer has an inquiry, a creation and {GETS} reads by a frontend. {UNPAID:.0%} are",
                f"unpaid at first. DOKU takes {DOKU_SECONDS} s for an inquiry or a transfer and {STATUS_SECONDS} s for",
                f"a status check. An item has {ITEM_KB:g} KB and changes its status {STATUS_CHANGES} times.",
                f"Counted by `make bench`, in write units: {figures['write_units_inquire']:g} for an inquiry,",
                f"{figures['write_units_create']:g} for a transfer, {figures['write_units_first_check']:g} for a",
                f"check, {figures['write_units_process']:g} for a notification. Recording its requestId costs",
                f"{REQUEST_ID_WRITES} more.",
            ),
            "",
            "## A month without transfers",
            "",
            *_table(prices, still),
            "",
            _paragraph(
                "AWS charges for every metric in an alarm's expression. The pipe of `StatusEvents` reads each shard of",
                f"the table's stream {STREAM_READS} times a second, even when idle; {STREAM_SHARDS}",
                "shards are assumed, the number of partitions of a new on-demand table. `StatusEvents=false` saves",
                "this.",
                "The key costs 1 USD in its first year, 2 in its second and 3 from then on, since it rotates every",
                "year. Our own metrics that are on no alarm and not on the dashboard are charged for the hours in",
                "which they have data.",
            ),
            "",
            "## Which limit is reached first",
            "",
            _paragraph(
                f"The lowest limit comes first, with the busiest second at {PEAK} times the mean. Checks may come",
                "later than a peak: they are counted at the mean.",
            ),
            "",
            "| limit | transfers a month | raised by |",
            "|---|---:|---|",
            *_limits(figures, template),
            "",
            _paragraph(
                "DOKU's own limits are not published: ask ([going-live.md](going-live.md)). A throttled",
                "request is answered 429, a throttled check comes later. No transfer is lost.",
            ),
            "",
        ]
    )


def _paragraph(*lines: str) -> str:
    return textwrap.fill(" ".join(lines), 120, break_long_words=False, break_on_hyphens=False)


def _volume(count: int, million: float, month: float) -> str:
    total = month + million * count / 1e6
    return f"| {count:,} | {total:,.2f} | {total / count:.6f} |"


def _table(prices: Prices, used: Mapping[str, float]) -> Iterator[str]:
    yield "| for | quantity | US dollars, us-east-1 | US dollars, Jakarta |"
    yield "|---|---:|---:|---:|"
    costs = {name: prices.of(name, count) for name, count in used.items()}
    for name, cost in sorted(costs.items(), key=lambda entry: -entry[1]):
        quantity = f"{used[name]:,.{0 if used[name] > 10 else 2}f}"
        there = prices.in_jakarta(name, used[name])
        yield f"| {prices.rows[name]['what']} | {quantity} | {cost:,.2f} | {_dollars(there)} |"
    known = [usd for name, count in used.items() if (usd := prices.in_jakarta(name, count)) is not None]
    total = sum(known) if len(known) == len(used) else None
    yield f"| **together** | | **{sum(costs.values()):,.2f}** | {_dollars(total)} |"


def _dollars(cost: float | None) -> str:
    return NOT_KNOWN if cost is None else f"{cost:,.2f}"


def _priced_in_jakarta() -> str:
    return f"are of {PRICED_IN_JAKARTA}." if PRICED_IN_JAKARTA else "are not known and may be higher."


def _limits(figures: Mapping[str, float], template: Template) -> Iterator[str]:
    """Rows of limits, in transfers a month; all but checks must allow for the peak."""
    checks = 1 + CHECKS_AFTER + 2 * UNPAID
    stage = template.deployed("AWS::ApiGatewayV2::Stage")["HttpApiApiGatewayDefaultStage"]
    rate = float(stage["DefaultRouteSettings"]["ThrottlingRateLimit"])
    seconds = 2 * (DOKU_SECONDS + OUR_SECONDS) + GETS * OUR_SECONDS
    found = [
        (f"the API's {rate:g} requests a second", rate / (2 + GETS) / PEAK, "the template's throttling"),
        ("one poller's checks", figures["pollers_checks_per_second_1"] / checks, "`Pollers`, `PollConcurrency`"),
        ("four pollers' checks", figures["pollers_checks_per_second_4"] / checks, "`PollConcurrency`"),
        ("a thousand functions at once", 1000 / seconds / PEAK, "AWS, on request"),
        (
            "1,000 writes a second to a day in the index",
            1000 / (1 + STATUS_CHANGES) / PEAK,
            "a shard in the index's key",
        ),
        (f"1,000 writes a second to each of {WRITTEN_SHARDS} shards", 1000 * WRITTEN_SHARDS / 5 / PEAK, "a release"),
    ]
    for name, per_second, by in sorted(found, key=lambda limit: limit[1]):
        yield f"| {name} | {per_second * _MONTH / 1e6:,.0f} million | {by} |"


def _template() -> Template:
    return load(ROOT / "template.yaml", {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"})


def _memory(template: Template) -> dict[str, float]:
    """Memory of each function, in gigabytes."""
    functions = template.deployed("AWS::Lambda::Function")
    return {name: float(properties["MemorySize"]) / 1024 for name, properties in functions.items()}


def write() -> None:
    """Write the page, and its two sums to the figures."""
    PAGE.write_text(page(), encoding="utf-8")
    million, month = sums()
    SUMS.write_text(
        json.dumps({"cost_million_usd": round(million, 2), "cost_idle_usd": round(month, 2)}, indent=2) + "\n"
    )


def estimate(transfers: int, as_json: bool = False) -> None:
    """Print the price of a month with so many transfers, in US dollars."""
    million, month = sums()
    total = month + million * transfers / 1e6
    if as_json:
        print_json({"transfers": transfers, "usd": round(total, 2), "prices": PRICED})
        return
    print(f"{transfers:,} transfers a month: US$ {total:,.2f} ({PRICED})")
    print("docs/cost.md lists the assumptions and the single items; DOKU's fees and taxes are not included")


if __name__ == "__main__":
    write()
    print(f"{PAGE.relative_to(ROOT)} written")
