"""The cold starts that are compared: the built functions, the same without bytecode, and two handlers beside them."""

import importlib
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.lines import ROOT
from tools.build import bytecode
from tools.build.artefact import Artefact
from tools.build.slim import SERVICES

FUNCTIONS: Mapping[str, str] = {
    "transfer_api": "TransferApiFunction",
    "notification_receiver": "NotificationReceiverFunction",
    "notification_processor": "NotificationProcessorFunction",
    "status_poller": "StatusPollerFunction",
}
"""Packages by what the template calls their functions."""
_HANDLERS = ROOT / "benchmarks" / "cold_handlers"
_ONLY_BESIDE = ("boto3", "s3transfer")
"""Imported by the handlers that are compared with, and by nothing that is deployed."""


@dataclass(frozen=True)
class Measured:
    """Milliseconds of processor time, of init and of each invocation, and what the handler answered."""

    init: float
    invocations: Sequence[float]
    answers: Sequence[Any]


@dataclass(frozen=True)
class ColdStart:
    """A handler's module, where it is imported from, and its environment variables."""

    interpreter: Path
    module: str
    paths: Sequence[Path]
    environment: Mapping[str, str]

    def measure(self, *events: Any) -> Measured:
        """Once, in a fresh process. Raises RuntimeError with what it wrote where it failed."""
        asked = json.dumps({"paths": [str(path) for path in self.paths], "module": self.module, "events": events})
        ended = subprocess.run(
            [self.interpreter, "-I", "-S", "-B", ROOT / "benchmarks" / "cold_child.py", asked],
            env=dict(self.environment),
            capture_output=True,
            text=True,
        )
        if ended.returncode:
            raise RuntimeError(f"{self.module}: {ended.stderr}")
        return Measured(**json.loads(ended.stdout.splitlines()[-1]))


def built(artefact: Artefact, interpreter: Path, environments: Mapping[str, Mapping[str, str]]) -> dict[str, ColdStart]:
    """The functions of an artefact by package."""
    return {
        package: ColdStart(interpreter, f"{package}.handler", artefact.import_path(name), environments[name])
        for package, name in FUNCTIONS.items()
    }


def beside(
    artefact: Artefact, interpreter: Path, environment: Mapping[str, str], handlers: Path
) -> dict[str, ColdStart]:
    """The handlers to compare with, compiled into `handlers` and on the artefact's own dependencies."""
    shutil.copytree(_HANDLERS, handlers, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _ONLY_BESIDE:
        _copy_library(name, handlers / name)
    bytecode.compile_all(interpreter, handlers, bytecode.TASK)
    paths = [handlers, artefact.layers["DependenciesLayer"] / "python"]
    return {name: ColdStart(interpreter, name, paths, environment) for name in ("bare", "eager")}


def _copy_library(name: str, to: Path) -> None:
    """This interpreter's own, in pure Python, and of boto3's services those that the layer keeps of botocore's."""
    (library,) = importlib.import_module(name).__path__
    shutil.copytree(library, to, ignore=shutil.ignore_patterns("__pycache__", "*.so", "examples"))
    for service in (to / "data").glob("*/"):
        if service.name not in SERVICES:
            shutil.rmtree(service)


def without_bytecode(artefact: Artefact, copy: Path) -> Artefact:
    """A copy as SAM leaves it."""
    shutil.copytree(artefact.path, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return Artefact.read(copy)
