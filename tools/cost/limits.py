"""Which limit a growing number of transfers reaches first. Numbers come from the code, the template and the figures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local.aws.template import Template
from payouts.domain.rate import Share
from payouts.store.due_index import WRITTEN_SHARDS
from payouts.store.items import WRITTEN_DAY_SHARDS
from tools.cost import usage
from tools.cost.usage import ASKED, GETS, MONTH, PEAK, UNPAID

VOLUMES = (1_000_000, 10_000_000, 100_000_000)
PARTITION_WRITES = 1000
"""Write units a second that DynamoDB takes for one partition key of a table or an index."""
_CREATE = "POST /v1/transfers"


@dataclass(frozen=True)
class Limit:
    """What bounds the transfers of a second, and how it is raised."""

    name: str
    per_second: float
    raised_by: str

    @property
    def per_month(self) -> float:
        """Transfers in a month."""
        return self.per_second * MONTH


def limits(figures: Mapping[str, float], template: Template) -> list[Limit]:
    """All limits, the lowest first. The poller's may come later than a peak; all others must allow for it."""
    return sorted(
        [*_requests(template), *_functions(figures, template), *_table(template)], key=lambda one: one.per_second
    )


def _requests(template: Template) -> Iterator[Limit]:
    """The rate towards DOKU, and API Gateway's throttling."""
    rate = float(template.parameters["DokuRequestsPerSecond"])
    (stage,) = template.deployed("AWS::ApiGatewayV2::Stage").values()
    created = float(template.resolve(stage["RouteSettings"][_CREATE]["ThrottlingRateLimit"]))
    all_routes = float(stage["DefaultRouteSettings"]["ThrottlingRateLimit"])
    if rate:
        share = Share.API.of(rate)
        name = f"the API's {share:g} requests a second to DOKU, {ASKED} for a transfer"
        yield Limit(name, share / ASKED / PEAK, "`DokuRequestsPerSecond`, once DOKU allows more; batches")
    yield Limit(f"{created:g} transfers a second at API Gateway", created / PEAK, "`TransfersPerSecond`")
    yield Limit(
        f"the API's {all_routes:g} requests a second", all_routes / (2 + GETS) / PEAK, "the template's throttling"
    )


def _functions(figures: Mapping[str, float], template: Template) -> Iterator[Limit]:
    """The poller's checks, and the API's invocations at once."""
    checks = f"{usage.checks():g} checks of a transfer"
    rate = float(template.parameters["DokuRequestsPerSecond"])
    polled = 1 / usage.poll_seconds(figures, template, rate) * float(template.parameters["Pollers"])
    yield Limit(f"the poller's rate, {checks}", polled / usage.checks(), "`DokuRequestsPerSecond`, `Pollers`")
    poller, api = (usage.memory(template)[name] for name in ("StatusPollerFunction", "TransferApiFunction"))
    processor = poller * 1024 / usage.VCPU_MB * 1000 / figures["poll_cpu_ms"]
    yield Limit(f"the poller's processor, {checks}", processor / usage.checks(), "`PollerMemory`, `Pollers`")
    at_once = float(template.parameters["TransferApiConcurrency"])
    name = f"{at_once:g} invocations of the API at once, with DOKU answering in {usage.DOKU_SECONDS:g} s"
    yield Limit(name, at_once / usage.api_seconds(figures, api) / PEAK, "`TransferApiConcurrency`")


def _table(template: Template) -> Iterator[Limit]:
    """DynamoDB's writes to one partition of an index."""
    status_changes = 3 + UNPAID  # created, accepted, paid; unpaid for some
    day = PARTITION_WRITES * WRITTEN_DAY_SHARDS / status_changes
    due = PARTITION_WRITES * WRITTEN_SHARDS / (2 + 4 * UNPAID)
    name = "{writes:,} writes a second to each of {shards} shards of `{index}`"
    yield Limit(
        name.format(writes=PARTITION_WRITES, shards=WRITTEN_DAY_SHARDS, index="by-day"), day / PEAK, "a release"
    )
    yield Limit(name.format(writes=PARTITION_WRITES, shards=WRITTEN_SHARDS, index="due"), due / PEAK, "a release")


def rows(found: list[Limit]) -> Iterator[str]:
    """The limits as rows of a table."""
    for limit in found:
        yield f"| {limit.name} | {limit.per_month / 1e6:,.1f} million | {limit.raised_by} |"


def breaking(found: list[Limit]) -> Iterator[str]:
    """For each volume, the limits that are too low for it."""
    for volume in VOLUMES:
        low = [limit.name for limit in found if limit.per_month < volume]
        yield f"| {volume / 1e6:,.0f} million | {'; '.join(low) or 'nothing'} |"
