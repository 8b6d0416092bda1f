"""The client in Node, against the local stack."""

import os
import subprocess

from local.stack import LocalStack
from tests.browser.setup import HERE


def test_the_client_keeps_its_promises(stack: LocalStack) -> None:
    stack.simulator.reset()
    addresses = {"API_URL": stack.api_url, "SIMULATOR_URL": stack.simulator_url or "", "TOKEN": stack.token()}
    command = ["node", "--test", str(HERE / "payouts.test.js")]
    done = subprocess.run(command, env={**os.environ, **addresses}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert "# pass 40\n" in done.stdout
