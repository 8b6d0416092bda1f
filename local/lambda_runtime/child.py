"""A child process that ends with its parent; `local.lambda_runtime.parent_watchdog` is the child's part."""

import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


class Child:
    """A Python process in its own process group, with its output in `log`. Thread-safe.

    `life` becomes readable when the process has ended. The environment is the caller's by default.
    """

    def __init__(self, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.life, theirs = socket.socketpair()
        with theirs, log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=REPOSITORY,
                env=environment,
                stdin=theirs.fileno(),
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C goes to the stack, which ends its children
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill the process with `kill -9` and wait for its end."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process and release its resources."""
        self.kill()
        self.life.close()

    def how_it_ended(self) -> str:
        """Wait for the end. Returns the reason in Lambda's wording."""
        code = self._process.wait()
        return f"signal: {signal.strsignal(-code)}".lower() if code < 0 else f"exit status {code}"
