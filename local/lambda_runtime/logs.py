"""Follows the functions' logs and formats their lines for the terminal."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PAUSE = 0.1  # seconds between reads
_LEAD = ("timestamp", "level", "message")
_QUIET = {  # fields that are the same in every line
    "location",
    "service",
    "xray_trace_id",
    "function_arn",
    "function_name",
    "function_memory_size",
    "function_request_id",
    "cold_start",
    "requestId",
    "logger",
    "sampling_rate",
}


class Follower:
    """Passes each line written to `*.log` in `directory` to `show`, from `start` until `close`."""

    def __init__(self, directory: Path, show: Callable[[str], None]) -> None:
        self._directory, self._show = directory, show
        self._read: dict[Path, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log follower", daemon=True)

    def start(self) -> None:
        """Follow the logs in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Show the remaining lines and stop."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE):
            self._look()
        self._look()

    def _look(self) -> None:
        for path in sorted(self._directory.glob("*.log")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                text, _, rest = file.read().rpartition(b"\n")
                self._read[path] = file.tell() - len(rest)
            for line in text.decode(errors="replace").splitlines():
                if shown := readable(line):
                    self._show(f"  {path.stem.removesuffix('Function'):<21} {shown}")


def readable(line: str) -> str:
    """A log line formatted as `LEVEL message key=value` if it is structured; empty if it has metrics."""
    try:
        record = json.loads(line)
    except ValueError:
        return line
    if not isinstance(record, dict):
        return line
    if "_aws" in record:
        return ""
    rest = " ".join(f"{k}={_short(v)}" for k, v in record.items() if k not in {*_QUIET, *_LEAD})
    return f"{record.get('level', ''):<7} {_short(record.get('message', ''))} {rest}".strip()


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
