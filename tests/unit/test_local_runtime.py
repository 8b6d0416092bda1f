"""Functions in processes of their own, under awslambdaric and under its plain replacement alike."""

import json
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol

import pytest

from local.aws import bundle, template
from local.clock import Clock
from local.lambda_runtime.launch import launch
from local.lambda_runtime.pool import MAX_PAYLOAD, FunctionPool, PayloadTooLarge
from local.lambda_runtime.runtime import FunctionCrashed, FunctionError, FunctionTimeout
from local.state import StateDirectory
from tests.support.waiting import PATIENCE, is_gone, until

ROOT = Path(__file__).parents[1] / "integration/fixture_bundle"
LOADED = template.load(ROOT / "template.yaml", {"JwtIssuer": "https://i.test", "JwtAudience": "a"})
FUNCTIONS = bundle.read(LOADED).functions


class MakePool(Protocol):
    def __call__(self, name: str, limit: int = 4) -> FunctionPool: ...


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    return StateDirectory(tmp_path)


@pytest.fixture(params=["awslambdaric", "plain"])
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, state: StateDirectory) -> Iterator[MakePool]:
    if request.param == "plain":
        monkeypatch.setenv("LOCAL_PLAIN_WORKER", "1")
    else:
        pytest.importorskip("awslambdaric")
    pools = []

    def made(name: str, limit: int = 4) -> FunctionPool:
        pools.append(FunctionPool(name, launch(FUNCTIONS[name], ROOT, state, {"AWS_X": "x"}, {"V": "v"}), limit))
        return pools[-1]

    yield made
    for pool in pools:
        pool.close()


def waiting(folder: Path) -> list[int]:
    """Processes that are inside the handler, until `folder` has a file `go`."""
    return [int(path.name.removeprefix("waiting-")) for path in folder.glob("waiting-*")]


def start_waiting(pool: FunctionPool, folder: Path, count: int) -> list["Future[Any]"]:
    return [pool.submit({"do": "wait", "folder": str(folder)}) for _ in range(count)]


def seen_by(pool: FunctionPool) -> Any:
    return json.loads(pool.invoke({"rawPath": "/"})["body"])


def test_a_function_sees_only_lambdas_environment(make: MakePool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLERS_SECRET", "hunter2")
    seen = seen_by(make("WebFunction"))
    environment = seen["environment"]

    assert "CALLERS_SECRET" not in environment
    assert environment["_HANDLER"] == "fixture.web.handler"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "WebFunction"
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert environment["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert environment["LAMBDA_TASK_ROOT"] == str(ROOT / "functions")
    assert (environment["V"], environment["AWS_X"]) == ("v", "x")
    assert seen["arn"].endswith(":function:WebFunction")
    assert seen["shared"] == "the shared layer"


def test_a_function_imports_only_its_code_and_layers(make: MakePool) -> None:
    repository = str(Path(__file__).parents[2])
    seen = seen_by(make("WebFunction"))

    assert repository not in seen["path"]
    assert "" not in seen["path"]
    assert seen["sees the stack"] is False
    assert seen["path"][:2] == [str(ROOT / "functions"), str(ROOT / "layers/shared")]


def test_a_function_lives_by_the_shared_clock(make: MakePool, state: StateDirectory) -> None:
    clock = Clock(state.clock)
    before = clock()
    clock.advance(86_400)

    seen = seen_by(make("WebFunction"))

    assert before + 86_400 <= seen["time"] <= clock()
    assert 0 < seen["remaining"] <= 10_000


def test_a_worker_is_reused(make: MakePool) -> None:
    pool = make("WebFunction")

    assert seen_by(pool)["pid"] == seen_by(pool)["pid"]
    assert len(pool.pids) == 1


def test_output_goes_to_the_functions_log(make: MakePool) -> None:
    pool = make("WebFunction")
    seen_by(pool)

    assert pool.logs().startswith("handles ")


def test_an_exception_is_a_function_error_and_the_worker_lives(make: MakePool) -> None:
    pool = make("TroubleFunction")
    pid = pool.invoke({})["pid"]

    with pytest.raises(FunctionError) as caught:
        pool.invoke({"do": "raise"})

    assert (caught.value.error_type, caught.value.message) == ("ValueError", "this is wrong")
    assert any("trouble.py" in line for line in caught.value.trace)
    assert "this is wrong" in pool.logs()
    assert pool.invoke({})["pid"] == pid


def test_a_function_that_cannot_be_imported_says_why(make: MakePool) -> None:
    pool = make("BrokenFunction")

    for _ in range(2):
        with pytest.raises(FunctionError, match="no_such_module") as caught:
            pool.invoke({})

    assert caught.value.error_type == "Runtime.ImportModuleError"
    assert any("broken.py" in line for line in caught.value.trace)
    assert "broken.py" in pool.logs()


def test_a_timeout_replaces_the_process(make: MakePool) -> None:
    pool = make("TroubleFunction")
    pid = pool.invoke({})["pid"]

    with pytest.raises(FunctionTimeout, match="timed out after 1"):
        pool.invoke({"do": "hang"})

    assert is_gone(pid)
    assert "Task timed out after 1.00 seconds" in pool.logs()
    assert pool.invoke({})["pid"] != pid


def test_a_crash_fails_its_invocation_at_once(make: MakePool) -> None:
    pool = make("TroubleFunction")

    with pytest.raises(FunctionCrashed, match="exit status 3"):
        pool.invoke({"do": "crash"})

    assert pool.invoke({})["pid"]


def test_kill_9_fails_the_invocation_it_hits_and_no_other(make: MakePool, tmp_path: Path) -> None:
    pool = make("TroubleFunction")
    [answer] = start_waiting(pool, tmp_path, 1)
    until(lambda: waiting(tmp_path))

    assert pool.kill() == 1

    with pytest.raises(FunctionCrashed, match="signal: killed"):
        answer.result(PATIENCE)
    assert pool.invoke({})["pid"] not in waiting(tmp_path)


def test_a_worker_killed_while_idle_is_replaced_unnoticed(make: MakePool) -> None:
    pool = make("TroubleFunction")
    pid = pool.invoke({})["pid"]

    pool.kill()

    assert pool.invoke({})["pid"] != pid


def test_invocations_beyond_the_limit_wait(make: MakePool, tmp_path: Path) -> None:
    pool = make("TroubleFunction", limit=2)
    answers = start_waiting(pool, tmp_path, 5)
    until(lambda: len(waiting(tmp_path)) == 2)

    (tmp_path / "go").touch()

    assert {answer.result(PATIENCE)["pid"] for answer in answers} == set(waiting(tmp_path))
    assert len(waiting(tmp_path)) == 2


def test_a_caller_may_give_up_and_the_function_runs_on(make: MakePool, tmp_path: Path) -> None:
    pool = make("TroubleFunction")
    [answer] = start_waiting(pool, tmp_path, 1)
    until(lambda: waiting(tmp_path))

    with pytest.raises(TimeoutError):
        answer.result(0)
    (tmp_path / "go").touch()

    assert answer.result(PATIENCE)["pid"] == waiting(tmp_path)[0]


def test_closing_ends_the_processes_and_fails_what_runs(make: MakePool, tmp_path: Path) -> None:
    pool = make("TroubleFunction", limit=1)
    answers = start_waiting(pool, tmp_path, 2)
    until(lambda: waiting(tmp_path))

    pool.close()

    for answer in answers:
        with pytest.raises(FunctionCrashed):
            answer.result(PATIENCE)
    assert all(is_gone(pid) for pid in waiting(tmp_path))
    with pytest.raises(FunctionCrashed):
        pool.invoke({})


def test_an_event_that_lambda_would_not_take_is_refused(make: MakePool) -> None:
    with pytest.raises(PayloadTooLarge):
        make("WebFunction").invoke({"body": "x" * MAX_PAYLOAD})
