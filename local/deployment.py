"""What the template deploys, running on a given AWS: functions, their resources, and what triggers them."""

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
    """The bundle at `root` as `template` describes it. Queues and schedules wait for `drain` and `tick`, or `start`.

    `concurrency` bounds the workers of each function, and `start` makes their processes.
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
        """The value that functions see in an environment variable. KeyError if none has it."""
        for variables in self._variables.values():
            if name in variables:
                return variables[name]
        raise KeyError(name)

    def environment(self, function: str) -> dict[str, str]:
        """The template's variables of a function by logical id, and those by which it finds AWS."""
        return {**self._aws, **self._variables[function]}

    def drain(self) -> Drained:
        """Process every message that is visible now, and those that processing makes visible, in all queues."""
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
        """Invoke every scheduled function once; its answers by schedule. Raises InvocationFailed."""
        return {ticker.schedule.name: ticker.tick() for ticker in self.tickers}

    def start(self) -> None:
        """Let queues and schedules run by themselves."""
        runs = [*(pump.run for pump in self.pumps), *(ticker.run for ticker in self.tickers)]
        if self.status_events:
            runs.append(self.status_events.run)
        for run in runs:
            self._threads.append(threading.Thread(target=run, args=(self._stop,), daemon=True))
            self._threads[-1].start()

    def close(self) -> None:
        """End all threads and processes."""
        self._stop.set()
        for pool in self.functions.values():  # before the threads are waited for, which may be inside one
            pool.close()
        for thread in self._threads:
            thread.join()
