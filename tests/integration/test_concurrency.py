"""Many at once, on threads and on processes (FAULTS 26, 33, 49, 50, 64). `make prove ARGS=concurrency` draws more."""

from collections.abc import Iterator

import pytest

from local.stack import LocalStack
from tests.contention.deployments import Processes, Threads
from tests.contention.scenarios import SCENARIOS, most_for_one
from tests.surroundings import Surroundings

LONG = "100 keys by 8 callers each"


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack(concurrency=3) as running:
        yield running


@pytest.mark.covers(26, 33, 49, 50, 64, "I1", "I2", "I8", "I10", "I12", "I16")
@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.usefixtures("world")
def test_on_threads(surroundings: Surroundings, name: str) -> None:
    deployment = Threads.started(surroundings)
    assert SCENARIOS[name](deployment, 1) > 3, "that was nothing at once"
    assert most_for_one(deployment) == (1, 1), "I1, I2"


@pytest.mark.covers(26, 33, 49, 50, 64, "I1", "I2", "I8", "I10", "I12", "I16")
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != LONG])
def test_on_processes(stack: LocalStack, name: str) -> None:
    deployment = Processes(stack)
    assert SCENARIOS[name](deployment, 2) > 3, "that was nothing at once"
    assert most_for_one(deployment) == (1, 1), "I1, I2"
