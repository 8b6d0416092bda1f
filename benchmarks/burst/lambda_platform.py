"""What AWS does with a flood: API Gateway throttles, and an environment of Lambda runs one invocation at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.burst.virtual_time import TimedOut, VirtualTime
from local.in_process.invocation import Context

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
_START_SECONDS, _RUN_SECONDS = 0.8, 0.02
"""Time of a cold start, and processor time of an invocation."""


@dataclass
class Throttle:
    """API Gateway's token bucket of a route: `rate` requests in a second, up to as many at once."""

    rate: float
    clock: Callable[[], float]
    _tokens: float = 0.0
    _filled_at: float = 0.0

    def admits(self) -> bool:
        """Take a token if there is one."""
        now = self.clock()
        self._tokens = min(self.rate, self._tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass
class Function:
    """A Lambda function with up to `concurrency` environments, each made by `start` and used again."""

    start: Callable[[], Handler]
    concurrency: int
    timeout: float
    time: VirtualTime
    idle: list[Handler] = field(default_factory=list)
    running: int = 0
    most: int = 0
    """Largest number of invocations at once."""
    timed_out: int = 0

    @property
    def is_full(self) -> bool:
        """True if Lambda would throttle another invocation."""
        return self.running >= self.concurrency

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """The handler's answer; None if the time-out came first, which ends the environment wherever it waits."""
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            handler = self.idle.pop() if self.idle else self._started()
            with self.time.limited(self.timeout) as ends:
                self.time.sleep(_RUN_SECONDS)
                answer = handler(dict(event), Context(lambda: int((ends - self.time()) * 1000)))
            self.idle.append(handler)
            return answer
        except TimedOut:
            self.timed_out += 1
            return None
        finally:
            self.running -= 1

    def _started(self) -> Handler:
        self.time.sleep(_START_SECONDS)
        return self.start()
