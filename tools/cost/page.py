"""Write docs/cost.md: AWS's price of transfers, from the calls that `make bench` counted and the public prices."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.aws.template import Template, load
from payouts.services.batch_rows import MOST_ROWS
from payouts.services.row_threads import ROWS_AT_ONCE
from tools.cost import limits, usage
from tools.cost.prices import PRICED, PRICED_IN_JAKARTA, Prices
from tools.cost.usage import GETS, PEAK, UNPAID
from tools.output import print_json

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cost.md"
FIGURES = ROOT / "docs" / "figures" / "bench.json"
SUMS = ROOT / "docs" / "figures" / "cost.json"
NOT_KNOWN = "not known"
LARGE = 0.05
"""Share of a bill from which a line has a reason on the page."""
REASONS: Mapping[str, str] = {
    "writes": "The conditional create and the record of every answer are what keeps a transfer from being paid twice or"
    " lost. The indexes find it for the poller, for lists and for support.",
    "api_requests": "An HTTP API is the cheaper of API Gateway's two kinds; it checks tokens and throttles.",
    "lambda_gb_seconds": "A request waits for DOKU in its function, since the caller wants the answer, and waiting is"
    " charged by memory, which is as small as the processor time allows. The poller waits between checks, to keep to"
    " the rate that DOKU allows.",
    "lambda_requests": "One invocation for each request of a frontend, and two for a notification.",
    "log_gb": "Investigations and metrics need a line for each request and for each change of a status. Lambda's own"
    " lines are left out for invocations that succeed.",
    "events": "An event for each change of the status that no answer to a caller has reported.",
    "pipe_requests": "The pipe from the table's stream sends an event for each stored change: no process can lose it.",
    "reads": "Reads are consistent, since a status that is a moment old could be acted on.",
    "metrics": "The metrics of alarms and dashboard.",
    "alarms": "Every alarm has a section in the runbook.",
    "stream_reads": "The pipe polls the stream; `StatusEvents=false` saves it.",
    "dashboards": "One dashboard for operators.",
    "keys": "One key encrypts all that is stored.",
    "key_rotations": "The key rotates every year.",
}
"""Why a line of the bill is needed, by price name."""


def sums() -> tuple[float, float]:
    """US dollars for a million transfers, and for a month without any."""
    figures, template, prices = json.loads(FIGURES.read_text()), _template(), Prices.read()
    used = usage.transfer(figures, template)
    return (
        sum(prices.of(name, 1e6 * count) for name, count in used.items()),
        sum(prices.of(name, count) for name, count in usage.idle(figures, template).items()),
    )


def batch_sum() -> float:
    """US dollars for a million rows of batches, with their transfers."""
    figures, template = json.loads(FIGURES.read_text()), _template()
    used = _row(figures, template, usage.batch_rate(), usage.batch_workers(figures, template))
    return sum(Prices.read().of(name, count) for name, count in used.items())


def _row(figures: Mapping[str, float], template: Template, rate: float, workers: float) -> dict[str, float]:
    """The usage of a million rows by price name."""
    return {name: 1e6 * count for name, count in usage.batch_row(figures, template, rate, workers).items()}


def page() -> str:
    """The text of docs/cost.md."""
    figures, template = json.loads(FIGURES.read_text()), _template()
    parts = (_million, _batch, _idle, _limits)
    return "\n".join([*_head(), *(line for part in parts for line in part(figures, template))])


def _head() -> list[str]:
    million, month = sums()
    return [
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
        "|---|---:|---:|",
        f"| none | {month:,.2f} | |",
        *(_volume(count, million, month) for count in (10_000, 100_000, *limits.VOLUMES)),
        "",
    ]


def _million(figures: Mapping[str, float], template: Template) -> list[str]:
    used = {name: 1e6 * count for name, count in usage.transfer(figures, template).items()}
    rate = usage.needed_rate(usage.MILLION)
    return [
        "## A million transfers",
        "",
        *_table(Prices.read(), used),
        "",
        *reasons(Prices.read(), used),
        "",
        _paragraph(
            "The cost is linear, except for storage: transfers are kept forever, so the storage and backup that a",
            "month adds are charged again in every later month. Nothing else accumulates: the poller reads only",
            "transfers that are due ([performance.md](performance.md)).",
        ),
        "",
        _paragraph(
            f"Assumptions: a transfer has an inquiry, a creation and {GETS} reads by a frontend. {UNPAID:.0%} are",
            f"unpaid at first: a notification and two more checks. A paid one is looked at {usage.LOOKS} times later.",
            f"DOKU takes {usage.DOKU_SECONDS} s for an inquiry or a transfer and {usage.STATUS_SECONDS} s for a status",
            f"check. A call to DynamoDB takes {usage.AWS_SECONDS * 1000:g} ms. A function has a processor for",
            f"{usage.VCPU_MB:,} MB of memory, as fast as the one that measured. An item has {usage.ITEM_KB:g} KB. The",
            f"busiest second has {PEAK} times the mean, so `DokuRequestsPerSecond` is {rate:g}, of which the poller's",
            f"share is a check in {usage.poll_seconds(figures, template, rate):.2g} s.",
        ),
        "",
        _paragraph(
            f"Counted by `make bench`, in write units: {figures['write_units_inquire']:g} for an inquiry,",
            f"{figures['write_units_create']:g} for a transfer, {figures['write_units_first_check']:g} for its first",
            f"check, {figures['write_units_look']:g} for a look at a paid transfer and",
            f"{figures['write_units_process']:g} for a notification. A unit of an inquiry and one",
            "of a transfer count its request to DOKU against the API's share of the rate. The balance proof reads each",
            "transfer once or twice. The log volume of each operation is counted as well.",
        ),
        "",
    ]


def _batch(figures: Mapping[str, float], template: Template) -> list[str]:
    rate, workers, prices = usage.batch_rate(), usage.batch_workers(figures, template), Prices.read()
    used = _row(figures, template, rate, workers)
    usual, fewest = (float(template.parameters[name]) for name in ("DokuRequestsPerSecond", "BatchConcurrency"))
    slow = sum(prices.of(name, count) for name, count in _row(figures, template, usual, fewest).items())
    return [
        "## A million rows of batches",
        "",
        *_table(prices, used),
        "",
        _paragraph(
            "With their transfers. Nobody reads each transfer of a batch through the API: its status comes from the",
            "poller, as that of any transfer, and its end is in the result of the batch. DOKU is asked for the name",
            "twice, at the check and before the row is sent, and takes as long as above. A worker has",
            f"{ROWS_AT_ONCE} rows under way at once, and is charged while it waits for DOKU or for its turn:",
            f"{usage.row_seconds(figures, template, rate, workers):.2g} s a row. Batches are for pay days, so the",
            f"largest one, of {MOST_ROWS:,} rows, is to be paid in {usage.BATCH_HOURS} hours:",
            f"`DokuRequestsPerSecond` is {rate:g} and `BatchConcurrency` {workers}. A lower rate saves nothing, since",
            f"worker and poller wait for longer: with the template's defaults, {usual:g} requests a second and",
            f"{fewest:g} workers, it is {slow:.2f} US dollars.",
        ),
        "",
        _paragraph(
            f"Counted over 1,000 rows: {figures['write_units_batch_row']:.2g} write units a row for the batch and",
            f"{figures['write_units_batch_transfer']:g} for the session and the transfer until DOKU has answered;",
            f"{figures['read_units_batch_row']:.2g} read units from the creation to the end of the batch, to which",
            f"{usage.EMPTY_READS:g} are added for reads that find nothing,",
            f"and {usage.LAST_RESULT_READS:g} for the result that is written after the last look at the transfers.",
            "Other write units are those of the poller",
            "and of notifications. A row counts no request against the API's share of the rate.",
        ),
        "",
    ]


def _idle(figures: Mapping[str, float], template: Template) -> list[str]:
    used = usage.idle(figures, template)
    return [
        "## A month without transfers",
        "",
        *_table(Prices.read(), used),
        "",
        *reasons(Prices.read(), used),
        "",
        _paragraph(
            "AWS charges for every metric in an alarm's expression. The pipe of `StatusEvents` reads each shard of",
            f"the table's stream {usage.STREAM_READS} times a second, even when idle; {usage.STREAM_SHARDS}",
            "shards are assumed, the number of partitions of a new on-demand table. With `WebhookUrl`, a second pipe",
            "reads it for the events of batches, and this line is twice as high.",
            "The key costs 1 USD in its first year, 2 in its second and 3 from then on.",
            "Our own metrics that are on no alarm and not on the dashboard are charged for the hours in",
            "which they have data.",
        ),
        "",
    ]


def _limits(figures: Mapping[str, float], template: Template) -> list[str]:
    found = limits.limits(figures, template)
    return [
        "## Which limit is reached first",
        "",
        _paragraph(
            f"The lowest limit comes first, with the busiest second at {PEAK} times the mean. Checks may come",
            "later than a peak: they are counted at the mean. Numbers are those of the code and of the template's",
            "default parameters.",
        ),
        "",
        "| limit | transfers a month | raised by |",
        "|---|---:|---|",
        *limits.rows(found),
        "",
        "| transfers a month | what is too low for them |",
        "|---|---|",
        *limits.breaking(found),
        "",
        _paragraph(
            "DOKU's own limits are not published: ask ([going-live.md](going-live.md)). Beyond its share, the API",
            "refuses a request early, before anything is sent, and a check comes later. No transfer is lost: `make",
            "bench ARGS=burst` offers 100,000 in ten minutes ([performance.md](performance.md#a-burst)).",
        ),
        "",
    ]


def reasons(prices: Prices, used: Mapping[str, float]) -> Iterator[str]:
    """Why each line above five hundredths of the bill is needed. Raises KeyError for a line without a reason."""
    costs = {name: prices.of(name, count) for name, count in used.items()}
    yield "What is more than 5 % of this, and why it is needed:"
    yield ""
    for name, cost in sorted(costs.items(), key=lambda entry: -entry[1]):
        if cost > LARGE * sum(costs.values()):
            text = f"- {prices.rows[name]['what']}. {REASONS[name]}"
            yield textwrap.fill(text, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


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


def _template() -> Template:
    return load(ROOT / "template.yaml", {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"})


def write() -> None:
    """Write the page, and its two sums to the figures."""
    PAGE.write_text(page(), encoding="utf-8")
    million, month = sums()
    figures = {"cost_million_usd": million, "cost_million_batch_usd": batch_sum(), "cost_idle_usd": month}
    SUMS.write_text(json.dumps({name: round(usd, 2) for name, usd in figures.items()}, indent=2) + "\n")


def estimate(transfers: int, as_json: bool = False) -> None:
    """Print the price of a month with so many transfers, in US dollars."""
    million, month = sums()
    total = month + million * transfers / 1e6
    if as_json:
        print_json({"transfers": transfers, "usd": round(total, 2), "prices": PRICED})
        return
    print(f"{transfers:,} transfers a month: US$ {total:,.2f} ({PRICED})")
    print("docs/cost.md lists the assumptions and the single items; DOKU's fees and taxes are not included")
