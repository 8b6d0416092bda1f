"""Starts function processes by forking, which saves the start of the interpreter and the import of the libraries.

The fork server is a process that has imported the libraries and no module of the bundle. A forked child sets the
function's environment, imports the function and speaks the Runtime API, as `local.lambda_runtime.worker` does.
"""

import contextlib
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from local.clock import Clock
from local.lambda_runtime import parent_watchdog, plain_worker
from local.lambda_runtime.worker import CLOCK_FILE

_LARGEST = 65_536


class ForkServer:
    """Create it before any thread starts: fork copies only one thread. It ends with the process that created it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._one_at_a_time = threading.Lock()
        if os.fork() == 0:
            self._socket.close()
            _serve(theirs)
        theirs.close()

    def start(self, handler: str, log: Path, environment: Mapping[str, str]) -> "Fork":
        """Start a function process, with the same arguments as `local.lambda_runtime.runtime.start_python`."""
        life, theirs = socket.socketpair()
        request = json.dumps({"handler": handler, "log": str(log), "environment": dict(environment)}).encode()
        with theirs, self._one_at_a_time:
            socket.send_fds(self._socket, [request], [theirs.fileno()])
            return Fork(int.from_bytes(self._socket.recv(8), "big"), life)


class Fork:
    """A forked function process. `life`, the other end of its standard input, becomes readable when it ends."""

    def __init__(self, pid: int, life: socket.socket) -> None:
        self.pid, self.life = pid, life

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return not select.select([self.life], [], [], 0)[0]

    def kill(self) -> None:
        """Send SIGKILL and wait for the end of the process."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        select.select([self.life], [], [])

    def close(self) -> None:
        """Kill the process and release its socket."""
        self.kill()
        self.life.close()

    def how_it_ended(self) -> str:
        """Wait for the end of the process and describe it."""
        select.select([self.life], [], [])
        return "the process is gone"


def _serve(requests: socket.socket) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # exit codes are not used: this leaves no zombies
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, _LARGEST, 1)
        if not request:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            requests.close()
            _run(json.loads(request), descriptors[0])
        os.close(descriptors[0])
        requests.sendall(pid.to_bytes(8, "big"))


def _run(request: Mapping[str, Any], life: int) -> NoReturn:
    """Run the function in this process."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(life, 0)
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stdout, sys.stderr = open(1, "w", buffering=1), open(2, "w", buffering=1)  # noqa: SIM115
    random.seed()
    environment = dict(request["environment"])
    clock = Clock(Path(environment.pop(CLOCK_FILE)))
    os.environ.clear()
    os.environ.update(environment)
    parent_watchdog.watch()
    clock.install()
    _import_as_lambda_does(environment)
    importlib.reload(plain_worker).run(request["handler"])  # the module reads the environment at import
    os._exit(0)


def _import_as_lambda_does(environment: Mapping[str, str]) -> None:
    """Import from the function's paths and the installed libraries, and from nothing else in this repository."""
    installed = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix)) and "-packages" in path]
    standard = [path for path in sys.path if path.startswith(sys.base_prefix) and "-packages" not in path]
    sys.path[:] = [*environment["PYTHONPATH"].split(os.pathsep), *standard, *installed]
    os.chdir(environment["LAMBDA_TASK_ROOT"])
