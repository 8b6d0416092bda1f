"""Write units of a paid transfer, from its account inquiry to the last look, counted by DynamoDB Local."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from boto3.session import Session
from rich.console import Console
from rich.table import Table

from benchmarks.deployment import PAUSE, Deployment, running
from local.in_process.samples import inquiry_of, order

_TRANSFERS = 200
_DAY = 86_400
_LONG = {
    "beneficiaryAccountName": "MUHAMMAD ABDURRAHMAN WAHID SULAIMAN",
    "senderFirstName": "SITI NURHALIZA",
    "senderLastName": "KUSUMAWARDHANI PRAWIROHARDJO",
    "remark": "Pembayaran gaji karyawan bulan September 2024",
}
"""Long values, as in ordinary transfers: the item must stay within 1 KB."""
_PLACES = ("table", "due", "by-day", "by-account", "by-reference")
_PER_TICK = ("LEASE", "TOKEN")
"""Writes whose number depends on the ticks or on time, not on the transfers."""
_PER_DAY = "SWEEP"
"""The sweep stores its progress for each day, look and shard, whatever the number of transfers. Shown, not summed."""


@dataclass
class Writes:
    """Write units by kind of item and by table or index."""

    units: Counter[tuple[str, str]] = field(default_factory=Counter)

    def install(self, session: Session) -> None:
        """Hook into every DynamoDB client that the session makes from now on."""
        session.events.register("before-parameter-build.dynamodb.*", _remember)
        session.events.register("after-call.dynamodb.*", self._count)

    def _count(self, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        kind, consumed = context.get("kind"), parsed.get("ConsumedCapacity", {})
        if kind is None or kind in _PER_TICK or "Table" not in consumed:
            return
        self.units[kind, "table"] += consumed["Table"]["CapacityUnits"]
        for index, capacity in consumed.get("GlobalSecondaryIndexes", {}).items():
            self.units[kind, index] += capacity["CapacityUnits"]


def run(console: Console) -> Mapping[str, float]:
    """Count the writes of each step, over many transfers of one day."""
    writes = Writes()
    table = Table("step", "item", *_PLACES, "units", title=f"Writes of a paid transfer (mean of {_TRANSFERS})")
    figures: dict[str, float] = {}
    with running(writes.install) as deployment:
        for step, act in _steps(deployment):
            writes.units.clear()
            act()
            counted = {key: units / _TRANSFERS for key, units in writes.units.items()}
            for kind in sorted({kind for kind, _ in counted}):
                by_place = [counted.get((kind, place), 0.0) for place in _PLACES]
                table.add_row(step, kind.lower(), *(f"{units:g}" for units in by_place), f"{sum(by_place):g}")
            figures[f"write_units_paid_{step}"] = sum(units for (kind, _), units in counted.items() if kind != _PER_DAY)
    console.print(table)
    return figures | {"write_units_paid_transfer": sum(figures.values())}


def _steps(deployment: Deployment) -> Iterator[tuple[str, Callable[[], None]]]:
    """The steps of the transfers, each of all transfers at once."""
    world = deployment.world
    world.request("GET", "/v1/balance")  # puts a token in memory
    bodies = [order(**_LONG) for _ in range(_TRANSFERS)]

    def inquire() -> None:
        for body in bodies:
            world.clock.advance(PAUSE)
            answer = world.request("POST", "/v1/account-inquiries", inquiry_of(body))
            body["sessionId"] = answer.body["sessionId"]

    def create() -> None:
        for body in bodies:
            world.clock.advance(PAUSE)
            _expect(world.create(body).body["status"], "ACCEPTED")

    def check() -> None:
        world.clock.advance(61)
        _expect(world.tick()["statuses"], {"SUCCESS": _TRANSFERS})

    def look() -> None:
        asked = 0
        for _ in range(9):
            world.clock.advance(_DAY)
            asked += world.tick()["looks"]
        _expect(asked, 3 * _TRANSFERS)

    yield from {"inquiry": inquire, "create": create, "check": check, "looks": look}.items()


def _remember(params: Mapping[str, Any], context: dict[str, Any], model: Any, **_: Any) -> None:
    if model.name in ("PutItem", "UpdateItem"):
        context["kind"] = str((params.get("Item") or params["Key"])["pk"]["S"]).partition("#")[0]


def _expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise RuntimeError(f"got {found} instead of {wanted}")
