"""Calls seen by the proxies of a world, and the fault that waits for one of them."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.verification.matrix.calls import Call
from tests.verification.matrix.modes import ONCE, Mode


@dataclass(frozen=True)
class Fault:
    """A fault for the call with this label, such as `dynamodb.PutItem(TOKEN)#1`."""

    label: str
    mode: Mode
    kill: Callable[[], object]
    """Kills the function process that made the call."""
    prepare: Callable[[str], object] = lambda operation: None
    """For modes that the simulator provides: has it inject the fault into its next call of the operation."""


@dataclass
class Seen:
    """One try of a call, its fault mode, and the status of the service's own answer; None without an answer."""

    label: str
    call: Call
    mode: Mode | None
    at: float
    status: int | None = None
    seconds: float = 0.0
    """How long the caller waited for a response head sent line by line."""


class Wire:
    """Records calls, counts them by name since `begin`, and finds the one to break. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: list[Seen] = []
        self._fault: Fault | None = None
        self._counts: Counter[str] = Counter()
        self._labels: dict[str, str] = {}
        self.on_arrival: Callable[[Call], None] = lambda call: None
        """Called with every call before it is forwarded."""
        self.errors: list[str] = []
        """Errors of the proxies themselves, since `clear`."""

    def begin(self, fault: Fault | None = None) -> None:
        """Start counting again, with a fault that waits for its call."""
        with self._lock:
            self._fault = fault
            self._counts.clear()
            self._labels.clear()

    def clear(self) -> None:
        """Delete the recorded calls and errors."""
        with self._lock:
            self._seen.clear()
            self.errors.clear()

    @property
    def seen(self) -> list[Seen]:
        """Every try since `clear`, in order."""
        with self._lock:
            return list(self._seen)

    def arrive(self, call: Call) -> tuple[Seen, Fault | None]:
        """Record a call. Returns its fault, if it has one."""
        self.on_arrival(call)
        with self._lock:
            tried_before = call.identity in self._labels
            label = self._label(call)
            fault = self._fault if self._fault and self._fault.label == label else None
            if fault and fault.mode in ONCE and tried_before:
                fault = None
            seen = Seen(label, call, fault.mode if fault else None, time.monotonic())
            self._seen.append(seen)
            return seen, fault

    def _label(self, call: Call) -> str:
        if known := self._labels.get(call.identity):
            return known
        self._counts[call.name] += 1
        label = f"{call.name}#{self._counts[call.name]}"
        if call.identity:
            self._labels[call.identity] = label
        return label
