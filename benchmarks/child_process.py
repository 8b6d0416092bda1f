"""A Python module in a child process that exchanges JSON lines with its parent and ends with its standard input."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_STOP_SECONDS = 10.0
_PATHS = ("functions", "layers/doku_signing", "layers/payouts", ".")


class ChildProcess:
    """A running module. Methods raise RuntimeError if it has ended."""

    def __init__(self, module: str, environment: Mapping[str, str] | None = None, *arguments: str) -> None:
        self._module = module
        paths = os.pathsep.join(str(ROOT / path) for path in _PATHS)
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, **(environment or {}), "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        """Wait for the next message."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._module} ended with {self._process.wait()}")
        message: dict[str, Any] = json.loads(line)
        return message

    def close(self) -> None:
        """Close standard input and wait for the process to end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
