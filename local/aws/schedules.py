"""EventBridge schedules: invoke a function at a rate, or on request."""

import contextlib
import json
import re
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from local.aws.bundle import Schedule
from local.aws.moto_server import ACCOUNT
from local.aws.session import REGION
from local.gateway.api import Invocable
from local.lambda_runtime.runtime import InvocationFailed

_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_PAUSE = 0.2  # seconds between reads of the clock


class Ticker:
    """A schedule. `clock` decides when it is due, and its events have its time."""

    def __init__(self, schedule: Schedule, clock: Callable[[], float], function: Invocable) -> None:
        self.schedule, self._clock, self._function = schedule, clock, function
        self._due = clock() + self._period()

    def tick(self) -> Any:
        """Invoke the function once and return its answer. Raises InvocationFailed."""
        return self._function.invoke(self._event())

    def run(self, stop: threading.Event) -> None:
        """Tick at the schedule's rate until `stop` is set. Ticks that a jump of the clock skipped are not repeated.

        A failed tick is in the function's log and does not change the rate. Cron expressions never tick here.
        """
        while not stop.wait(_PAUSE):
            if self._clock() >= self._due:
                self._due = self._clock() + self._period()
                with contextlib.suppress(InvocationFailed):
                    self.tick()

    def _period(self) -> float:
        """Seconds between ticks; infinite for a cron expression."""
        if self.schedule.expression == "cron(* * * * ? *)":
            return 60.0
        rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", self.schedule.expression)
        return float(rate[1]) * _SECONDS[rate[2]] if rate else float("inf")

    def _event(self) -> Any:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock()))
        arn = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{self.schedule.name}"
        if self.schedule.source == "aws.events":
            arn = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{self.schedule.name}"
        if self.schedule.payload is not None:
            return json.loads(_filled(self.schedule.payload, now, arn))
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": self.schedule.source,
            "account": ACCOUNT,
            "time": now,
            "region": REGION,
            "resources": [arn],
            "detail": "{}" if self.schedule.source == "aws.scheduler" else {},
        }


def _filled(payload: str, now: str, arn: str) -> str:
    """The input of EventBridge Scheduler with its context attributes filled in."""
    attributes = {
        "<aws.scheduler.schedule-arn>": arn,
        "<aws.scheduler.scheduled-time>": now,
        "<aws.scheduler.execution-id>": str(uuid.uuid4()),
        "<aws.scheduler.attempt-number>": "1",
    }
    for name, value in attributes.items():
        payload = payload.replace(name, value)
    return payload
