"""pytest by `fork`: a run of a few tests without the seconds that importing the libraries takes.

Run it in a copy of the project. It has imported what is slow to import and nothing of ours; for every order, a line of
JSON on its standard input, it forks, runs the tests in the child and answers with a line of JSON: `code` and `told`.
"""

import contextlib
import importlib
import json
import os
import random
import resource
import signal
import sys
import tempfile
from collections.abc import Sequence
from typing import IO, Any, NoReturn

import pytest
from hypothesis import Phase, settings

from tests.verification import libraries

_FLAGS = ("-x", "--no-header", "-rfE", "--tb=no", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning")
_SECONDS = 600
"""After which a run is given up that does nothing."""


def main() -> None:
    """Serve until there are no more orders."""
    for name in ("moto.server", "samtranslator.translator.transform"):
        importlib.import_module(name)
    libraries.load()
    settings.register_profile(
        "first failure", phases=[Phase.explicit, Phase.generate], derandomize=True, database=None, deadline=None
    )
    settings.load_profile("first failure")
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as told:
        pid = os.fork()
        if pid == 0:
            _run(order["arguments"], order["cpu_seconds"], told)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with contextlib.suppress(ProcessLookupError):  # what it has started and left running
            os.killpg(pid, signal.SIGKILL)
        told.seek(0)
        return {"code": code, "told": told.read()}


def _run(arguments: Sequence[str], cpu_seconds: int, told: IO[str]) -> NoReturn:
    code = 3  # as pytest's own for what went wrong inside of it
    try:
        os.setpgid(0, 0)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(told.fileno(), 1)
        os.dup2(told.fileno(), 2)
        random.seed()
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
        signal.alarm(_SECONDS)
        code = int(pytest.main([*_FLAGS, *arguments]))
        sys.stdout.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
