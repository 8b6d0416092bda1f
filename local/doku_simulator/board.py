"""Pending faults, and the connections that they hold open."""

import threading

from local.doku_simulator.answers import Json
from local.doku_simulator.faults import Fault, Kind


class FaultBoard:
    """Pending faults, first come first served, and held connections. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._asked_for: list[Fault] = []  # those that fell too: they may hold a connection
        self._stopped = False

    def add(self, fault: Fault) -> None:
        """Apply a fault to calls from now on."""
        with self._lock:
            self._faults.append(fault)
            self._asked_for.append(fault)

    def waiting(self, now: float) -> list[Json]:
        """The faults that have not fallen yet, as JSON."""
        with self._lock:
            return [fault.as_json() for fault in self._faults if not fault.over(now)]

    def take(self, operation: str, reference: str | None, now: float, kinds: set[Kind] | None = None) -> Fault | None:
        """The fault for this call, if any; counts it."""
        with self._lock:
            self._faults = [fault for fault in self._faults if not fault.over(now)]
            for fault in self._faults:
                if fault.falls_on(operation, reference) and (kinds is None or fault.kind in kinds):
                    fault.times = fault.times and fault.times - 1
                    return fault
            return None

    def clear(self) -> None:
        """Drop every fault and release the connections held by hold-after."""
        with self._lock:
            self._faults.clear()
            for fault in self._asked_for:
                if fault.kind == Kind.HOLD_AFTER:
                    fault.released.set()

    def stop(self) -> None:
        """Release every held connection."""
        with self._lock:
            self._stopped = True
            for fault in self._asked_for:
                fault.released.set()

    def hold(self, seconds: float, released: threading.Event) -> bool:
        """Keep the calling thread for so many seconds of real time, or until released. False once stopped."""
        released.wait(seconds)
        return not self._stopped
