"""Cold starts to compare: the built functions, the same without bytecode, and two reference handlers."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.child_process import ROOT
from tools.build import bytecode
from tools.build.artefact import Artefact

FUNCTIONS: Mapping[str, str] = {
    "transfer_api": "TransferApiFunction",
    "notification_receiver": "NotificationReceiverFunction",
    "notification_processor": "NotificationProcessorFunction",
    "status_poller": "StatusPollerFunction",
    "webhook_sender": "WebhookSenderFunction",
    "batch_worker": "BatchWorkerFunction",
}
"""Package to logical id in the template."""
_HANDLERS = ROOT / "benchmarks" / "cold_handlers"


@dataclass(frozen=True)
class Measured:
    """Processor time of init and of each invocation, in milliseconds, and the handler's answers."""

    init: float
    invocations: Sequence[float]
    answers: Sequence[Any]


@dataclass(frozen=True)
class ColdStart:
    """A handler's module, its import paths and its environment variables."""

    interpreter: Path
    module: str
    paths: Sequence[Path]
    environment: Mapping[str, str]

    def measure(self, *events: Any) -> Measured:
        """Measure once in a fresh process. Raises RuntimeError with its error output if it fails."""
        arguments = json.dumps({"paths": [str(path) for path in self.paths], "module": self.module, "events": events})
        ended = subprocess.run(
            [self.interpreter, "-I", "-S", "-B", ROOT / "benchmarks" / "cold_child.py", arguments],
            env=dict(self.environment),
            capture_output=True,
            text=True,
        )
        if ended.returncode:
            raise RuntimeError(f"{self.module}: {ended.stderr}")
        return Measured(**json.loads(ended.stdout.splitlines()[-1]))


def built(artefact: Artefact, interpreter: Path, environments: Mapping[str, Mapping[str, str]]) -> dict[str, ColdStart]:
    """The functions of an artefact, by package."""
    return {
        package: ColdStart(interpreter, f"{package}.handler", artefact.import_path(name), environments[name])
        for package, name in FUNCTIONS.items()
    }


def reference(
    artefact: Artefact, interpreter: Path, environment: Mapping[str, str], handlers: Path
) -> dict[str, ColdStart]:
    """The reference handlers, compiled into `handlers`, with the artefact's own dependencies."""
    shutil.copytree(_HANDLERS, handlers, ignore=shutil.ignore_patterns("__pycache__"))
    bytecode.compile_all(interpreter, handlers, bytecode.TASK)
    paths = [handlers, artefact.layers["DependenciesLayer"] / "python"]
    return {name: ColdStart(interpreter, name, paths, environment) for name in ("bare", "eager")}


def without_bytecode(artefact: Artefact, copy: Path) -> Artefact:
    """A copy of the artefact without bytecode, as SAM alone builds it."""
    shutil.copytree(artefact.path, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return Artefact.read(copy)
