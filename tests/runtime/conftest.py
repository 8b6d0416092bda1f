"""The built artefact as Lambda holds it, beside the local AWS and a simulated DOKU."""

import hashlib
import json
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.stack import LocalStack
from tests.runtime.emulator import Emulated, Runtime
from tools.build.artefact import Artefact, directory

NOTIFICATION_KEY = "0123456789abcdef"
"""What the samples in events/ are signed with."""


@pytest.fixture(scope="session")
def artefact() -> Artefact:
    """The build for this machine's architecture."""
    architecture = "x86_64" if platform.machine() == "x86_64" else "arm64"
    if not directory(architecture).exists():
        pytest.exit(f"there is no artefact for this machine: make build ARCH={architecture}", 1)
    return Artefact.read(directory(architecture))


@dataclass
class Cloud:
    """The functions by logical id, what they stand on, and the files that they run from."""

    stack: LocalStack
    files: Path
    before: dict[str, str]
    functions: dict[str, Emulated] = field(default_factory=dict)


@pytest.fixture(scope="session")
def cloud(artefact: Artefact, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Every function of the artefact, started and never invoked, on read-only files."""
    files, logs = tmp_path_factory.mktemp("mounted"), tmp_path_factory.mktemp("logs")
    shutil.copytree(artefact.path, files, dirs_exist_ok=True)
    for path in [files, *files.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    mounted, runtime = Artefact.read(files), Runtime.install(tmp_path_factory.mktemp("runtime"))
    with LocalStack(concurrency=1) as stack:
        secret_id = stack.variable("DOKU_SECRET_ID")
        secret = json.loads(stack.aws.secretsmanager.get_secret_value(SecretId=secret_id)["SecretString"])
        signing = json.dumps(secret | {"notificationKey": NOTIFICATION_KEY})
        stack.aws.secretsmanager.put_secret_value(SecretId=secret_id, SecretString=signing)
        running = Cloud(stack, files, contents(files))
        try:
            for name, function in stack.bundle.functions.items():
                environment = stack.deployment.environment(name)
                log, imports = logs / f"{name}.log", mounted.import_path(name)
                running.functions[name] = Emulated(runtime, function, imports, environment, log, files)
            yield running
        finally:
            for emulated in running.functions.values():
                emulated.close()
            for path in [files, *files.rglob("*")]:  # so that pytest can clear up
                path.chmod(path.stat().st_mode | 0o200)


def contents(directory: Path) -> dict[str, str]:
    """Every file below a directory, with a hash of what is in it."""
    files = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
