"""`python -m local` (`make run`): its output, and that it leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import requests

from local.__main__ import main
from tests.support.waiting import is_gone, until

REPOSITORY = Path(__file__).parents[2]
ANY_PORTS = {"LOCAL_PORT": "0", "LOCAL_SIMULATOR_PORT": "0", "LOCAL_AWS_PORT": "0"}
CHILDREN = """
import sys
from local.simulator import SimulatorProcess
from tests.unit.test_local_runtime import *
state = StateDirectory(Path(sys.argv[1]))
simulator = SimulatorProcess(int(sys.argv[2]), {}, state.logs / "simulator.log")
simulator.wait_until_healthy()
pool = FunctionPool("TroubleFunction", launch(FUNCTIONS["TroubleFunction"], ROOT, state, {}, {}))
print(pool.invoke({})["pid"], flush=True)
pool.submit({"do": "hang"})
sys.stdin.read()
"""


def start(*arguments: str, **variables: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env=os.environ | variables,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.fixture
def running() -> Iterator["subprocess.Popen[str]"]:
    process = start("-m", "local", **ANY_PORTS, DOKU_PATH_PREFIX="/snap/v1.1")
    yield process
    process.kill()
    process.communicate()


def read_until(process: "subprocess.Popen[str]", end: str) -> str:
    """Output up to the line that has `end`; all of it when the process ends before."""
    lines = []
    assert process.stdout
    for line in process.stdout:
        lines.append(line)
        if end in line:
            break
    return "".join(lines)


def urls(said: str) -> Mapping[str, str]:
    """Where the parts are, by name."""
    words = [line.split() for line in said.splitlines()]
    return {word[0]: word[1] for word in words if len(word) == 2 and word[1].startswith("http")}


def answers(url: str) -> bool:
    try:
        requests.get(url, timeout=5)
    except requests.ConnectionError:
        return False
    return True


def test_it_says_where_things_are_and_ends_cleanly(running: "subprocess.Popen[str]") -> None:
    said = read_until(running, "Ctrl-C ends it")
    found = urls(said)
    token = next(line.removeprefix("export TOKEN=") for line in map(str.strip, said.splitlines()) if "TOKEN=" in line)

    assert set(found) == {"console", "API", "reference", "simulator", "webhooks", "AWS"}
    assert all(answers(url) for url in found.values())
    assert requests.get(found["API"] + "/v1/nothing", timeout=20).status_code == 401
    assert len(token.split(".")) == 3
    assert f"curl -s {found['API']}/v1/transfers" in said
    assert '"beneficiaryAccountName":"SUHUT"' in said
    logs = next(line.split(maxsplit=1)[1] for line in said.splitlines() if line.strip().startswith("logs "))
    state = Path(logs.rstrip()).parent
    assert state.stat().st_mode & 0o77 == 0
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(found["API"] + "/v1/balance", headers=headers, timeout=20).status_code == 200
    [asked] = requests.get(found["simulator"] + "/_simulator/ledger", timeout=20).json()["requests"]
    assert asked["path"].startswith("/snap/v1.1/"), "the path prefix of the environment"

    running.send_signal(signal.SIGTERM)

    rest = running.communicate(timeout=10)[0]
    assert "GET /v1/nothing -> 401" in rest
    assert "Traceback" not in rest
    assert running.returncode == 0
    assert [url for url in found.values() if answers(url)] == []
    assert not state.exists()


def test_killed_a_stack_leaves_no_simulator_and_no_worker(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = start("-c", CHILDREN, str(tmp_path), str(port))
    assert process.stdout
    worker = int(process.stdout.readline())
    assert answers(f"http://127.0.0.1:{port}")

    process.kill()
    process.communicate()

    until(lambda: is_gone(worker) and not answers(f"http://127.0.0.1:{port}"))


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs the command, which must fail, and returns the one line that it says."""

    def failed(*arguments: str, **variables: str) -> str:
        for name, value in (ANY_PORTS | variables).items():
            monkeypatch.setenv(name, value)
        assert main(arguments) == 1
        [line] = capsys.readouterr().err.splitlines()
        return line

    return failed


@pytest.mark.parametrize("variable", ["LOCAL_PORT", "LOCAL_SIMULATOR_PORT", "LOCAL_AWS_PORT"])
def test_a_port_in_use_names_its_variable(fail: Callable[..., str], variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = fail(**{variable: port})

    assert said == f"make run: port {port} cannot be used: address already in use; set {variable} to another one"


def test_a_setting_that_cannot_be_is_said_by_name(fail: Callable[..., str]) -> None:
    assert "LOCAL_PORT is 'http', not a port number" in fail(LOCAL_PORT="http")
    assert "parameter MaxAmounts" in fail("--parameter", "MaxAmounts=1")
    assert "parameter DokuPathPrefix" in fail(DOKU_PATH_PREFIX="v1.0")
    assert "DOKU_SECRET_FILE is not" in fail(DOKU_BASE_URL="https://api-sandbox.doku.com")


def test_help_names_the_variables(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    said = capsys.readouterr().out
    for name in (
        "LOCAL_PORT",
        "DOKU_BASE_URL",
        "DOKU_SECRET_FILE",
        "DOKU_PATH_PREFIX",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "--parameter",
    ):
        assert name in said
