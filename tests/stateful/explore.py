"""Run the state machine with Hypothesis and report the first broken invariant."""

import os
import re
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from local.in_process.backing_services import BackingServices, running
from tests.stateful.machine import Counted, Payouts
from tests.stateful.merchant import Start
from tests.stateful.rails import Met
from tests.support.direct_aws import without_sockets
from tests.support.harness import World

ENVIRONMENT = {"POLL_CONCURRENCY": "1"}
"""One thread, so that a history can be replayed."""

_COMMON = settings(
    deadline=None,
    database=None,
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
PROFILES: Mapping[str, settings] = {
    "test": settings(_COMMON, max_examples=6, stateful_step_count=30, derandomize=True),
    "prove": settings(_COMMON, max_examples=100, stateful_step_count=40),
    "soak": settings(_COMMON, max_examples=1000, stateful_step_count=60),
}


@dataclass(frozen=True)
class Explored:
    """The result of a run. `failed` is the history that breaks an invariant, as text; None if there is none."""

    examples: int
    steps: int
    met: Mapping[Met, int]
    seconds: float
    failed: str | None

    @property
    def never_met(self) -> list[Met]:
        """The refusals that no history had, so that nothing is shown about them."""
        return [one for one in Met if not self.met[one]]

    def __add__(self, other: "Explored") -> "Explored":
        """The sum of the results of two processes."""
        return Explored(
            self.examples + other.examples,
            self.steps + other.steps,
            {one: self.met[one] + other.met[one] for one in Met},
            max(self.seconds, other.seconds),
            self.failed or other.failed,
        )

    @property
    def broken(self) -> str:
        """The broken invariant, such as I6; the empty string if there is none or another error."""
        named = re.search(r"AssertionError: (I\d+)", self.failed or "")
        return named[1] if named else ""

    def __str__(self) -> str:
        found = "1 failed" if self.failed else "0 failed"
        refused = self.met[Met.LIMIT] + self.met[Met.STOP]
        return f"{self.examples} examples, {self.steps} steps, {refused} refusals, {found}, {self.seconds:.0f} seconds"


def cold_start(backing_services: BackingServices, skew: float) -> World:
    """Start the product's functions."""
    return World.start(
        {**backing_services.environment, **ENVIRONMENT}, backing_services.clock, backing_services.doku, skew
    )


def explore(
    backing_services: BackingServices, profile: settings, start: Start = cold_start, seed: int | None = None
) -> Explored:
    """Run the machine. `os.environ` must have the functions' variables. Each `seed` draws other histories."""
    counted, began, failed = Counted(), time.monotonic(), None
    try:
        with redirect_stdout(StringIO()):  # metrics are printed
            machine: Any = lambda: Payouts(backing_services, start, counted)  # noqa: E731
            machine._hypothesis_internal_use_seed = seed
            run_state_machine_as_test(machine, settings=profile)
    except Exception as error:  # any error is a finding
        failed = "".join(traceback.format_exception(error))
    return Explored(counted.examples, counted.steps, counted.met, time.monotonic() - began, failed)


@contextmanager
def deployed() -> Iterator[BackingServices]:
    """Run moto and a simulator, and set this process's variables, without pytest."""
    with (
        tempfile.TemporaryDirectory() as directory,
        running(Path(directory) / "offset") as backing_services,
        without_sockets(backing_services.aws.url),
        patch.dict(os.environ, backing_services.environment),
    ):
        backing_services.reset()
        yield backing_services
