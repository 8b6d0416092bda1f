"""The simulator as a thing that runs: its world, a listening socket and a ticker, each in a thread."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from local.clock import Clock
from local.doku_simulator.server import Server
from local.doku_simulator.settings import Settings
from local.doku_simulator.world import World

TICK_SECONDS = 1.0
_POLL_SECONDS = 0.02


class Simulator:
    """`with Simulator(Settings(...), clock=Clock(path)) as simulator:` serves at `simulator.url` until the end."""

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        self.world = World(settings, clock)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end. Only once started."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        """Listen and serve. OSError if the port is taken."""
        settings = self.world.settings
        self._server = Server((settings.host, settings.port), self.world)
        self._run("doku-simulator", lambda: self._server.serve_forever(_POLL_SECONDS))
        if settings.ticker:
            self._run("doku-ticker", self._tick)

    def stop(self) -> None:
        """Stop listening, let go of held connections, and wait for the threads."""
        self._stopping.set()
        self._server.shutdown()
        self.world.board.stop()
        self._server.close_connections()
        self._server.server_close()
        for thread in self._threads:
            thread.join()

    def _tick(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            self.world.deliver()

    def _run(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
