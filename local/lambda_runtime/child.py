"""A child process that ends with its parent: see `local.lambda_runtime.parent_watchdog` for its side of it."""

import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


class Child:
    """A Python process in a group of its own, its output in `log`. Thread-safe.

    `life` becomes readable when it is gone. It has the caller's environment unless another is given.
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
                process_group=0,  # Ctrl-C is for the stack, which ends its children itself
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """`kill -9`. When this returns the process is gone."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process and forget it."""
        self.kill()
        self.life.close()

    def how_it_ended(self) -> str:
        """Waits for its end; in Lambda's words."""
        code = self._process.wait()
        return f"signal: {signal.strsignal(-code)}".lower() if code < 0 else f"exit status {code}"
