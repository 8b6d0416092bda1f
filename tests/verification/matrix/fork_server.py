"""Lambda workers by `fork`: a cold start of the function without the interpreter's, so that a thousand cost minutes.

The nursery is a process that has imported the libraries, and nothing of ours. For every worker it forks; the child gets
the worker's environment, imports the function and speaks the Runtime API, as `local.lambda_runtime.worker` does.
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


class Nursery:
    """Make it before there are threads: what is forked then is whole. Ends with the process that made it."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        self._one_at_a_time = threading.Lock()
        if os.fork() == 0:
            self._line.close()
            _serve(theirs)
        theirs.close()

    def start(self, handler: str, log: Path, environment: Mapping[str, str]) -> "Fork":
        """A worker of a function, as `local.lambda_runtime.runtime.start_python`."""
        life, theirs = socket.socketpair()
        order = json.dumps({"handler": handler, "log": str(log), "environment": dict(environment)}).encode()
        with theirs, self._one_at_a_time:
            socket.send_fds(self._line, [order], [theirs.fileno()])
            return Fork(int.from_bytes(self._line.recv(8), "big"), life)


class Fork:
    """A forked worker. Its end shows on `life`, the other end of its standard input."""

    def __init__(self, pid: int, life: socket.socket) -> None:
        self.pid, self.life = pid, life

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return not select.select([self.life], [], [], 0)[0]

    def kill(self) -> None:
        """`kill -9`. When this returns the process is gone."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        select.select([self.life], [], [])

    def close(self) -> None:
        """End the process and forget it."""
        self.kill()
        self.life.close()

    def how_it_ended(self) -> str:
        """That it did."""
        select.select([self.life], [], [])
        return "the process is gone"


def _serve(line: socket.socket) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a worker ended: none is left as a zombie
    while True:
        order, descriptors, _, _ = socket.recv_fds(line, _LARGEST, 1)
        if not order:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            line.close()
            _work(json.loads(order), descriptors[0])
        os.close(descriptors[0])
        line.sendall(pid.to_bytes(8, "big"))


def _work(order: Mapping[str, Any], life: int) -> NoReturn:
    """Become the worker."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(life, 0)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stdout, sys.stderr = open(1, "w", buffering=1), open(2, "w", buffering=1)  # noqa: SIM115
    random.seed()
    environment = dict(order["environment"])
    clock = Clock(Path(environment.pop(CLOCK_FILE)))
    os.environ.clear()
    os.environ.update(environment)
    parent_watchdog.watch()
    clock.install()
    _import_as_lambda_does(environment)
    importlib.reload(plain_worker).run(order["handler"])  # it reads the environment when it is imported
    os._exit(0)


def _import_as_lambda_does(environment: Mapping[str, str]) -> None:
    """The function's paths and the installed libraries, nothing of this repository's but what the paths name."""
    installed = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix)) and "-packages" in path]
    standard = [path for path in sys.path if path.startswith(sys.base_prefix) and "-packages" not in path]
    sys.path[:] = [*environment["PYTHONPATH"].split(os.pathsep), *standard, *installed]
    os.chdir(environment["LAMBDA_TASK_ROOT"])
