"""The DOKU simulator in its own process, which ends with the stack."""

import http.client
import time
from collections.abc import Mapping
from pathlib import Path

from local.gateway.http_server import HOST
from local.lambda_runtime.child import Child

_START_SECONDS = 15.0


class SimulatorFailedError(RuntimeError):
    """The simulator did not start. The message has the end of its log."""


class SimulatorProcess:
    """`python -m local.doku_simulator` on `port` with other `arguments` by name, and its output in `log`."""

    def __init__(self, port: int, arguments: Mapping[str, str], log: Path) -> None:
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self._log = log
        given = [part for argument in arguments.items() for part in argument]
        self._process = Child(
            ["-m", "local.lambda_runtime.parent_watchdog", "local.doku_simulator", "--port", str(port), *given], log
        )

    def wait_until_healthy(self) -> None:
        """Wait until it answers. Raises SimulatorFailedError."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._healthy():
            if not self._process.alive or time.monotonic() > deadline:
                raise SimulatorFailedError(f"the simulator did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.02)

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _healthy(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=1)
        try:
            connection.request("GET", "/_simulator/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()
