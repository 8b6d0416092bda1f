"""`python -m tests.deploy`, which is `make deploy-check`: `make deploy` with the real SAM against an AWS emulator."""

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import certifi

from local import doku_secret
from local.ports import any_free_port
from local.simulator import SimulatorProcess
from tests.deploy.checks import CHECKS, Deployment
from tests.deploy.emulator import emulator
from tests.deploy.workspace import prepare
from tests.support import oidc_provider


def main() -> int:
    """Exit code 0 when every check passed."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="deploy-check-") as folder, _deployment(Path(folder)) as deployment:
        for name, check in CHECKS.items():
            failed += not _passes(name, check, deployment)
    print(f"deploy-check: {len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _passes(name: str, check: Callable[[Deployment], None], deployment: Deployment) -> bool:
    began = time.monotonic()
    try:
        check(deployment)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        print(f"FAILED  {name}: {type(error).__name__}: {error} ({where.line})\n{deployment.last.output}", flush=True)
        return False
    print(f"ok      {name} ({time.monotonic() - began:.0f} s)", flush=True)
    return True


@contextmanager
def _deployment(folder: Path) -> Iterator[Deployment]:
    """An account with nothing in it, an identity provider, and a DOKU that accepts the secret."""
    secret = folder / "doku.json"
    secret.write_text(doku_secret.generate())
    (folder / "aws").mkdir()
    with emulator(folder / "aws") as aws, oidc_provider.serving(folder) as provider, _doku(folder, secret) as doku_url:
        trusted = folder / "trusted.pem"
        trusted.write_text(_trusted() + provider.authority.read_text())
        variables = aws.variables | {"REQUESTS_CA_BUNDLE": str(trusted)}
        workspace = prepare(folder / "checkout", variables)
        yield Deployment(aws, workspace, secret, provider.url, doku_url)


def _trusted() -> str:
    return Path(os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()).read_text()


@contextmanager
def _doku(folder: Path, secret: Path) -> Iterator[str]:
    arguments = {
        "--secret-file": str(secret),
        "--clock-file": str(folder / "clock"),
        "--notification-url": "http://127.0.0.1:1",
    }
    simulator = SimulatorProcess(any_free_port(), arguments, folder / "simulator.log")
    try:
        simulator.wait_until_healthy()
        yield simulator.url
    finally:
        simulator.close()


if __name__ == "__main__":
    sys.exit(main())
