"""The clock that the simulator and the functions share. It can be advanced, so that minutes take milliseconds.

It is the machine's clock plus an offset in a file that all processes of the local stack read. In seconds since the
epoch, like `time.time()`.
"""

import os
import struct
import time
from pathlib import Path

_machine_time = time.time  # taken before `install` replaces it
_OFFSET = struct.Struct("<d")


class Clock:
    """The machine's time plus the offset in the file `path`, zero if it does not exist."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self) -> float:
        """Now, in seconds since the epoch."""
        return _machine_time() + self.offset()

    def offset(self) -> float:
        """Seconds by which this clock is ahead of the machine's."""
        try:
            return float(_OFFSET.unpack(self._path.read_bytes())[0])
        except FileNotFoundError:
            return 0.0

    def advance(self, seconds: float) -> float:
        """Advance by `seconds` and return the new time. The file is replaced atomically."""
        if seconds < 0:
            raise ValueError("the clock cannot be turned back")
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(_OFFSET.pack(self.offset() + seconds))
        os.replace(fresh, self._path)
        return self()

    def install(self) -> None:
        """Make `time.time()` of this process read this clock."""
        time.time = self
