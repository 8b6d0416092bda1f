"""Functions in processes that are restored from snapshots, as SnapStart does it, by forks of one process.

`python -m tests.restored SOCKET MODULE` is such a process. It runs the hooks with AWS's own runner. A fork is
kinder than a restore in one way, which is undone: Python seeds `random` anew in each fork.
"""

import datetime
import importlib
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from local.clock import Clock
from local.plain_worker import Context

ROOT = Path(__file__).parents[1]
_SECONDS = 30.0


class Copy:
    """A function's process, as the test sees it."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._connection, _ = listener.accept()
        self._connection.settimeout(_SECONDS)
        self._stream = self._connection.makefile("rw")

    def invoke(self, event: Mapping[str, Any], context: object = None) -> Any:
        """Call the handler there."""
        return self._ask("invoke", event)

    def take_snapshot(self) -> None:
        """Run the hooks that come before it. What is restored from now on starts as this process is now."""
        self._ask("take_snapshot")

    def restored(self, with_hooks: bool = True) -> "Copy":
        """Another copy from the snapshot."""
        self._ask("restore", with_hooks)
        copy = Copy(self._listener)
        copy._ask("ready")
        return copy

    def draw(self, count: int) -> list[str]:
        """Numbers that must be nobody else's, the time being the same: as the functions make them."""
        return list(self._ask("draw", count))

    def close(self) -> None:
        """End the process."""
        self._stream.close()
        self._connection.close()

    def _ask(self, command: str, *arguments: Any) -> Any:
        self._stream.write(json.dumps([command, *arguments]) + "\n")
        self._stream.flush()
        line = self._stream.readline()
        assert line, "the process has ended"
        return json.loads(line)


@contextmanager
def started(function: str, environment: Mapping[str, str], clock: Path, folder: Path) -> Iterator[Copy]:
    """A process of `function`, initialised under SnapStart."""
    path = folder / "process"
    with socket.socket(socket.AF_UNIX) as listener, (folder / "log").open("w") as log:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(_SECONDS)
        platform = {
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
            "LOCAL_CLOCK_FILE": str(clock),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(["functions", "layers/doku_signing", "layers/payouts", "."]),
        }
        command = [sys.executable, "-m", "tests.restored", str(path), f"{function}.app"]
        process = subprocess.Popen(command, cwd=ROOT, env={**environment, **platform}, stdout=log, stderr=log)
        copy = Copy(listener)
        try:
            copy._ask("ready")
            yield copy
        finally:
            copy.close()
            process.wait(_SECONDS)
            path.unlink()


class _Process:
    """The other side."""

    def __init__(self, path: str, module: str) -> None:
        self._path = path
        self._handler = importlib.import_module(module).handler
        self._random = random.getstate()

    def serve(self) -> None:
        answer = None
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self._path)
            with connection.makefile("rw") as stream:
                for line in stream:
                    command, *arguments = json.loads(line)
                    answer = getattr(self, command)(*arguments)
                    if answer is _FORKED:
                        break
                    stream.write(json.dumps(answer) + "\n")
                    stream.flush()
        if answer is _FORKED:
            self.serve()

    def ready(self) -> None:
        """Nothing but an answer."""

    def invoke(self, event: dict[str, Any]) -> Any:
        context = Context("c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "arn:aws:lambda:x:1:function:y", time.time() + 29)
        return self._handler(event, context)

    def take_snapshot(self) -> None:
        _runner().run_before_snapshot()
        self._random = random.getstate()

    def restore(self, with_hooks: bool) -> object:
        if os.fork():
            return None
        random.setstate(self._random)
        if with_hooks:
            _runner().run_after_restore()
        return _FORKED

    def draw(self, count: int) -> list[str]:
        from doku_signing.timestamps import external_id

        ids = [external_id(1_700_000_000.0) for _ in range(count)]
        nonces = [secrets.token_hex(8) for _ in range(count)]
        return [*ids, *nonces, *(repr(random.random()) for _ in range(count))]


_FORKED = object()


def _runner() -> Any:
    from awslambdaric import lambda_runtime_hooks_runner

    return lambda_runtime_hooks_runner


class _ClockedDatetime(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Self:
        return cls.fromtimestamp(time.time(), tz)


def _let_botocore_read(clock: Clock) -> None:
    """Its credentials end by `datetime`, which does not ask `time.time`."""
    import botocore.credentials

    clock.install()
    names = {name: getattr(datetime, name) for name in ("timedelta", "timezone", "tzinfo")}
    clocked: Any = types.SimpleNamespace(datetime=_ClockedDatetime, **names)
    vars(botocore.credentials)["datetime"] = clocked


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _let_botocore_read(Clock(Path(os.environ["LOCAL_CLOCK_FILE"])))
    _Process(*sys.argv[1:]).serve()
