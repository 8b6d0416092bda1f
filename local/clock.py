"""The clock that the simulator and the functions share. It can be advanced, so that minutes take milliseconds.

It is the machine's clock plus an offset in a file that all processes of the local stack have mapped into their memory:
reading the time opens no file. In seconds since the epoch, like `time.time()`.
"""

import mmap
import os
import struct
import time
from pathlib import Path

_machine_time = time.time  # taken before `install` replaces it
_OFFSET = struct.Struct("d")  # native: copied as one word, so that no process reads half of it


class Clock:
    """The machine's time plus the offset in the file `path`, which is created with zero if it does not exist."""

    def __init__(self, path: Path) -> None:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(file).st_size < _OFFSET.size:
                os.ftruncate(file, _OFFSET.size)  # all bits zero, which is 0.0
            self._offset = mmap.mmap(file, _OFFSET.size)
        finally:
            os.close(file)

    def __call__(self) -> float:
        """Now, in seconds since the epoch."""
        return _machine_time() + self.offset()

    def offset(self) -> float:
        """Seconds by which this clock is ahead of the machine's."""
        return float(_OFFSET.unpack_from(self._offset)[0])

    def advance(self, seconds: float) -> float:
        """Advance by `seconds` and return the new time."""
        if seconds < 0:
            raise ValueError("the clock cannot be turned back")
        _OFFSET.pack_into(self._offset, 0, self.offset() + seconds)
        return self()

    def install(self) -> None:
        """Make `time.time()` of this process read this clock."""
        time.time = self
