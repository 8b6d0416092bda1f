"""A built function under AWS's runtime interface emulator and runtime client, with nothing of the checkout in reach."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local.aws.bundle import Function
from local.ports import any_free_port
from tests.support.waiting import until
from tools import locked
from tools.build import python

_EMULATORS = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64"}


@dataclass(frozen=True)
class Runtime:
    """AWS's runtime interface emulator, and a Python of the runtime's version with AWS's runtime client alone."""

    emulator: Path
    python: Path

    @classmethod
    def install(cls, folder: Path) -> "Runtime":
        """Put both into `folder`; the emulator comes with SAM."""
        client = locked.environment("lambda", folder / "client", python.find())
        emulator = folder / "aws-lambda-rie"
        program = "import samcli, shutil, sys; shutil.copy(samcli.__path__[0] + sys.argv[1], sys.argv[2])"
        name = f"/local/rapid/{_EMULATORS[platform.machine()]}"
        subprocess.run(locked.command("sam", "python", "-c", program, name, str(emulator)), check=True)
        return cls(emulator, client / "python")


class Emulated:
    """One execution environment of a function: it starts with the first event, as a cold start in Lambda does."""

    def __init__(
        self,
        runtime: Runtime,
        function: Function,
        path: Sequence[Path],
        environment: Mapping[str, str],
        log: Path,
        read_only: Path,
    ) -> None:
        self._url = f"127.0.0.1:{any_free_port()}"
        self._log = log
        emulator = [
            str(runtime.emulator),
            *("--runtime-interface-emulator-address", self._url),
            *("--runtime-api-address", f"127.0.0.1:{any_free_port()}"),
            *(str(runtime.python), "-m", "awslambdaric", function.handler),
        ]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*_on_a_read_only_mount(read_only), *emulator],
                cwd=path[0],
                env={**environment, **_told(function), "PYTHONPATH": os.pathsep.join(map(str, path))},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until(self._listens)

    def invoke(self, event: Any) -> Any:
        """The function's answer, or the error as Lambda reports it: `errorType`, `errorMessage`, `stackTrace`."""
        url = f"http://{self._url}/2015-03-31/functions/function/invocations"
        return requests.post(url, data=json.dumps(event), timeout=60).json()

    def peak_memory(self) -> float:
        """The most that the function's process ever held resident, in MiB."""
        (child,) = _children(self._process.pid)
        status = Path(f"/proc/{child}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1024

    def logs(self) -> str:
        """All that the emulator and the function have written."""
        return self._log.read_text(errors="replace")

    def close(self) -> None:
        """End the emulator; its runtime ends with it."""
        runtime = _children(self._process.pid)
        self._process.kill()
        self._process.wait()
        for child in runtime:
            os.kill(child, 9)

    def _listens(self) -> bool:
        assert self._process.poll() is None, self.logs()
        try:
            return requests.get(f"http://{self._url}/", timeout=1).status_code == 404
        except requests.ConnectionError:
            return False


def _told(function: Function) -> dict[str, str]:
    """What Lambda tells a function's process about itself."""
    return {
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }


def _on_a_read_only_mount(folder: Path) -> list[str]:
    """A prefix by which a command sees `folder` read-only, as in Lambda; root may do so. Else its modes have to do."""
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$PWD" && exec "$@"'
    prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount, str(folder)]
    if os.geteuid() == 0 and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
        return prefix
    return []


def _children(pid: int) -> list[int]:
    lists = Path(f"/proc/{pid}/task").glob("*/children")  # of each thread those that it started
    return [int(child) for each in lists for child in each.read_text().split()]
