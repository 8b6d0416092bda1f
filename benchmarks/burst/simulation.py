"""The simulated ten minutes, in a process of their own: prints the figures as JSON.

The order of the imports matters: threads become greenlets and the clock virtual before the product is imported.
"""

from gevent import monkey

monkey.patch_thread()
monkey.patch_queue()

from benchmarks.burst.virtual_time import VirtualTime  # noqa: E402

TIME = VirtualTime(1_767_574_800.0)
"""Begins on 5 January 2026 at 8:00 in Jakarta."""
TIME.replace_the_clock()

import io  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import random  # noqa: E402
from collections.abc import Callable  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from functools import cache  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from aws_lambda_powertools import Logger  # noqa: E402
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter  # noqa: E402

from benchmarks.burst import outcome  # noqa: E402
from benchmarks.burst.clients import Clients  # noqa: E402
from benchmarks.burst.doku import Doku, MemoryTransport  # noqa: E402
from benchmarks.burst.lambda_platform import Function, Handler, Throttle  # noqa: E402
from benchmarks.burst.limits import Limits  # noqa: E402
from local import doku_secret  # noqa: E402
from local.doku_simulator import Settings  # noqa: E402
from local.in_memory.aws import MemoryAws  # noqa: E402
from local.in_memory.expressions import scalar  # noqa: E402
from local.in_memory.table import MemoryTable  # noqa: E402
from payouts import wiring  # noqa: E402
from payouts.runtime import aws  # noqa: E402
from status_poller import app as poller_app  # noqa: E402
from status_poller import services as poller_services  # noqa: E402
from transfer_api import app as api_app  # noqa: E402
from transfer_api import services as api_services  # noqa: E402

TRANSFERS, SECONDS = 100_000, 600.0
_DOKU_LIMIT, _DOKU_LOW_LIMIT, _LOW = 20, 3, range(240, 360)
"""Requests that DOKU answers in a second; and while its limit is lower, in the fifth and sixth minute."""
_MINUTE = 60.0
_GIVE_UP = 100 * 60 * _MINUTE
"""Longer than the absence of a transfer takes to be inferred."""


@dataclass
class Simulation:
    """The deployment, its clients, and DOKU."""

    limits: Limits
    table: MemoryTable
    doku: Doku
    api: Function
    poller: Function
    clients: Clients
    final_minutes: float = 0.0
    """Time of the tick after which every accepted transfer was final."""
    nearly_final_minutes: float = 0.0
    """The same for 99 of 100."""

    def run(self) -> None:
        """Run clients and poller until every accepted transfer is final."""
        began = TIME()
        clients = gevent.spawn(self.clients.run)
        following = outcome.Following(self.table)
        while TIME() - began < _GIVE_UP:
            TIME.sleep(self._seconds_to_tick() if clients.ready() else _MINUTE)
            self._tick()
            stored, still_open = following.count()
            self.final_minutes = (TIME() - began) / _MINUTE
            if still_open * 100 <= stored and clients.ready() and not self.nearly_final_minutes:
                self.nearly_final_minutes = self.final_minutes
            if not still_open and clients.ready():
                break
        clients.get()

    def _seconds_to_tick(self) -> float:
        """Seconds to the first tick in which a transfer is due: the ticks before it would find nothing."""
        due_at = [scalar(item["nextCheckAt"]) for item in self.table.items.values() if "nextCheckAt" in item]
        minutes = (float(min(due_at, default=0)) / 1000 - TIME()) // _MINUTE + 1
        return max(minutes, 1.0) * _MINUTE

    def _tick(self) -> None:
        """Start a tick of each poller, which are due at the same time."""
        for number in range(self.limits.pollers):
            if not self.poller.is_full:
                gevent.spawn(self.poller.invoke, {"poller": number, "of": self.limits.pollers})

    def figures(self) -> dict[str, Any]:
        """The results, with more than the figures of bench.json."""
        accepted, stored = self.clients.accepted, outcome.transfers(self.table)
        found = outcome.Outcome.of(accepted, stored, self.doku.executed)
        return {
            "transfers": self.clients.transfers,
            "accepted": len(accepted),
            "accepted_after_retries": sum(attempts > 1 for attempts in accepted.values()),
            "refused_early": self.clients.transfers - len(accepted),
            "lost": found.lost,
            "failed_wrongly": found.failed_wrongly,
            "paid_twice": found.paid_twice,
            "429": self.doku.requests["429"],
            "final_minutes": self.final_minutes,
            "nearly_final_minutes": self.nearly_final_minutes,
            "stored": len(stored),
            "statuses": {str(status): count for status, count in found.statuses.items()},
            "refusals": dict(self.clients.refusals),
            "unexpected": dict(self.clients.unexpected),
            "requests": dict(self.doku.requests),
            "most_at_once": self.api.most,
            "timed_out": {"api": self.api.timed_out, "poller": self.poller.timed_out},
        }


def build(transfers: int) -> Simulation:
    """Everything at its beginning: an empty table, and functions that have not started yet."""
    limits, secret, chance = Limits.read(), doku_secret.generate(), random.Random(1)
    table = MemoryTable.read(limits.table)
    doku = Doku(Settings.from_secret(json.loads(secret)), TIME, TIME.sleep, _allowed(TIME()), chance)
    MemoryAws(table, secret, TIME.sleep).install(aws.session())
    _replace(doku)
    TIME.per_process = ((BaseRouter, "current_event"), (BaseRouter, "lambda_context"))
    os.environ.update(limits.environment)
    logger = Logger(service="payouts", stream=io.StringIO())
    api = Function(lambda: _api(logger), limits.api_concurrency, limits.api_timeout, TIME)
    poller = Function(lambda: _poller(logger), limits.poller_concurrency, limits.poller_timeout, TIME)
    throttle = Throttle(limits.requests_per_second, TIME)
    clients = Clients(transfers, SECONDS, throttle, api, TIME, chance)
    return Simulation(limits, table, doku, api, poller, clients)


def _allowed(began: float) -> Callable[[int], int]:
    return lambda second: _DOKU_LOW_LIMIT if second - int(began) in _LOW else _DOKU_LIMIT


def _replace(doku: Doku) -> None:
    """Let the product's wiring build transports to the DOKU in memory, and share the clients of AWS."""
    setattr(wiring, "Transport", lambda *_, **__: MemoryTransport(doku))  # noqa: B010
    aws.dynamodb, aws.secrets_manager = cache(aws.dynamodb), cache(aws.secrets_manager)


def _api(logger: Logger) -> Handler:
    return api_app.create_handler(api_services.build_services(os.environ), logger)


def _poller(logger: Logger) -> Handler:
    return poller_app.create_handler(poller_services.build_services(os.environ), logger)


def main() -> None:
    """Run the simulation and print its figures."""
    simulation = build(int(os.environ.get("BURST_TRANSFERS", TRANSFERS)))
    TIME.run(simulation.run)
    print(json.dumps(simulation.figures()), flush=True)


if __name__ == "__main__":
    main()
