"""A pytest server that forks: each run starts with the libraries already imported, which saves seconds a run.

Runs in a copy of the project. It imports the libraries and the local stack, but no module of the bundle, which a run
may change. For each request, a line of JSON on standard input, it forks, runs the tests in the child and answers with a
line of JSON: `code` and `output`.
"""

import contextlib
import importlib
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

import pytest
from hypothesis import Phase, settings

from tests.verification import libraries

_FLAGS = ("-x", "--no-header", "-rfE", "--tb=no", "-W", "ignore::pytest.PytestAssertRewriteWarning")
_PLUGINS = ("_hypothesis_pytestplugin", "pytest_httpserver.pytest_plugin")
"""pytest loads these alone, if installed. Loading every installed plugin takes four times as long as most runs."""
_LOCAL = ("local.stack", "local.doku_simulator.control", "local.gateway.pages", "local.in_process.samples")
_SECONDS = 600
"""A run that hangs is killed after this time."""


def main() -> None:
    """Serve requests until standard input ends."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plugins = [name for name in _PLUGINS if importlib.util.find_spec(name.partition(".")[0])]
    for name in ("moto.server", "samtranslator.translator.transform", *plugins):
        importlib.import_module(name)
    _load_local_stack()
    libraries.load()
    settings.register_profile(
        "first failure", phases=[Phase.explicit, Phase.generate], derandomize=True, database=None, deadline=None
    )
    settings.load_profile("first failure")
    flags = [*_FLAGS, *(flag for name in plugins for flag in ("-p", name))]
    for line in sys.stdin:
        print(json.dumps(_answer(flags, json.loads(line))), flush=True)


def _load_local_stack() -> None:
    """Import the local stack, and parse the template. Raises RuntimeError if that imports the bundle."""
    for name in _LOCAL:
        importlib.import_module(name)
    parameters = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}
    importlib.import_module("local.aws.template").load(Path("template.yaml"), parameters)
    folders = (Path("functions").resolve(), Path("layers").resolve())
    for name, module in list(sys.modules.items()):
        path = Path(getattr(module, "__file__", None) or "/")
        if any(path.is_relative_to(folder) for folder in folders):
            raise RuntimeError(f"{name} must not be imported before the runs: they would not see a change of it")


def _answer(flags: Sequence[str], request: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        pid = os.fork()
        if pid == 0:
            _run([*flags, *request["arguments"]], request["cpu_seconds"], output)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with contextlib.suppress(ProcessLookupError):  # processes that the run started and left running
            os.killpg(pid, signal.SIGKILL)
        output.seek(0)
        return {"code": code, "output": output.read()}


def _run(arguments: Sequence[str], cpu_seconds: int, output: IO[str]) -> NoReturn:
    code = 3  # pytest's code for an internal error
    try:
        os.setpgid(0, 0)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        random.seed()
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
        signal.alarm(_SECONDS)
        code = int(pytest.main(list(arguments)))
        sys.stdout.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
