"""AWS on this machine: ministack, which runs the stack's functions as well."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import requests

from local.ports import any_free_port
from tools import locked
from tools.build import python

REGION = "ap-southeast-3"
_ACCOUNT = "111111111111"  # ministack takes the access key for the account's number
_START_SECONDS = 60.0


@dataclass(frozen=True)
class Emulator:
    """A running emulator and the variables that lead SAM and boto3 to it."""

    url: str

    @property
    def variables(self) -> dict[str, str]:
        """As a shell would export them."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": _ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service: str) -> Any:
        """A client of the account that is deployed to."""
        session = boto3.Session(_ACCOUNT, "test", region_name=REGION)
        return session.client(service, endpoint_url=self.url)


@contextmanager
def emulator(folder: Path) -> Iterator[Emulator]:
    """Start an emulator that keeps its files and its log in `folder`, and stop it with all its functions.

    It runs in the runtime's Python, since it runs the built functions in its own interpreter.
    """
    program = locked.environment("emulator", folder / ".venv", python.find()) / "ministack"
    port = any_free_port()
    running = Emulator(f"http://127.0.0.1:{port}")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,  # of requests that carry no signature, as the account is
        "MINISTACK_ACCOUNT_ID": _ACCOUNT,
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
    }
    with (folder / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [program], cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait(process, running.url, folder / "emulator.log")
        yield running
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(url):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
        assert process.poll() is None, f"the emulator did not start:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"the emulator does not answer:\n{log.read_text()}"


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/_ministack/health", timeout=1).ok
    except requests.RequestException:
        return False
