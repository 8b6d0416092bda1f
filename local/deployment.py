"""The template's functions, their resources and triggers, running on a given AWS."""

import threading
from pathlib import Path
from typing import Any

from local.aws import bundle
from local.aws.event_source import Drained, Pump
from local.aws.resources import Aws
from local.aws.schedules import Ticker
from local.aws.status_events import StatusEvents, has_targets
from local.aws.template import Template
from local.clock import Clock
from local.lambda_runtime.launch import launch
from local.lambda_runtime.pool import FunctionPool
from local.lambda_runtime.runtime import Start, start_python
from local.state import StateDirectory


class Deployment:
    """The bundle at `root`, deployed from `template`. `drain` and `tick` run queues and schedules once, `start` always.

    `concurrency` is the maximum number of workers of each function; `start` starts their processes.
    """

    def __init__(
        self,
        template: Template,
        root: Path,
        aws: Aws,
        state: StateDirectory,
        clock: Clock,
        concurrency: int,
        start: Start = start_python,
    ) -> None:
        found = bundle.read(template)
        deployed = aws.deploy(template, found.functions.values())
        self.ids, self._variables = deployed.ids, deployed.environments
        self._aws = aws.environment()
        variables = self._variables
        self.functions = {
            name: FunctionPool(name, launch(each, root, state, self._aws, variables[name], start), concurrency)
            for name, each in found.functions.items()
        }
        self.pumps = [
            Pump(trigger, self.ids[trigger.queue], aws.sqs, self.functions[trigger.function])
            for trigger in found.triggers
        ]
        self.tickers = [Ticker(each, clock, self.functions[each.function]) for each in found.schedules]
        self.status_events = StatusEvents(template, aws, self.ids) if has_targets(template) else None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def variable(self, name: str) -> str:
        """The value of an environment variable of the functions. Raises KeyError if no function has it."""
        for variables in self._variables.values():
            if name in variables:
                return variables[name]
        raise KeyError(name)

    def environment(self, function: str) -> dict[str, str]:
        """The environment variables of a function, by its logical id, including those with which it finds AWS."""
        return {**self._aws, **self._variables[function]}

    def drain(self) -> Drained:
        """Process all visible messages of all queues, including those that become visible meanwhile."""
        total = Drained()
        while True:
            published = self._publish()
            done = sum((pump.drain() for pump in self.pumps), Drained())
            if not published and not done.batches:
                return total
            total += done

    def _publish(self) -> int:
        """Move status events to their queues; the number of messages."""
        return self.status_events.step() if self.status_events else 0

    def tick(self) -> dict[str, Any]:
        """Invoke each scheduled function once. Returns the answers by schedule. Raises InvocationFailed."""
        return {ticker.schedule.name: ticker.tick() for ticker in self.tickers}

    def start(self) -> None:
        """Run queues, schedules and status events in background threads."""
        runs = [*(pump.run for pump in self.pumps), *(ticker.run for ticker in self.tickers)]
        if self.status_events:
            runs.append(self.status_events.run)
        for run in runs:
            self._threads.append(threading.Thread(target=run, args=(self._stop,), daemon=True))
            self._threads[-1].start()

    def close(self) -> None:
        """End all threads and processes."""
        self._stop.set()
        for pool in self.functions.values():  # first, since the threads may be waiting for an invocation
            pool.close()
        for thread in self._threads:
            thread.join()
