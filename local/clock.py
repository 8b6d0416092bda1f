"""One clock for the simulator and the functions, which can be moved forward: minutes take milliseconds.

The clock is the machine's own plus an offset that lives in a small file, so that every process of the local stack
reads the same time. Seconds since the epoch, as `time.time()`.
"""

import os
import struct
import time
from pathlib import Path

_machine_time = time.time  # taken before `install` replaces it
_OFFSET = struct.Struct("<d")


class Clock:
    """The machine's time plus the offset kept in `path` (zero while the file does not exist)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self) -> float:
        """Now, in seconds since the epoch."""
        return _machine_time() + self.offset()

    def offset(self) -> float:
        """How far this clock is ahead of the machine's, in seconds."""
        try:
            return float(_OFFSET.unpack(self._path.read_bytes())[0])
        except FileNotFoundError:
            return 0.0

    def advance(self, seconds: float) -> float:
        """Move forward by `seconds` and return the new time. Readers see the old or the new offset, never half."""
        if seconds < 0:
            raise ValueError("time only moves forward")
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(_OFFSET.pack(self.offset() + seconds))
        os.replace(fresh, self._path)
        return self()

    def install(self) -> None:
        """Make `time.time()` of this process read this clock."""
        time.time = self
