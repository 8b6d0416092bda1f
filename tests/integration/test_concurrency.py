"""Many at once, on threads and on processes (FAULTS 26, 33, 49, 50, 64). `make prove ARGS=concurrency` draws more."""

from collections.abc import Iterator

import pytest

from local.stack import LocalStack
from tests.contention.deployments import Processes, Threads
from tests.contention.scenarios import SCENARIOS
from tests.harness import World
from tests.surroundings import Surroundings

NAMES = list(SCENARIOS)


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack(concurrency=3) as running:
        yield running


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 2])
def test_on_threads(world: World, surroundings: Surroundings, name: str, seed: int) -> None:
    SCENARIOS[name](Threads(surroundings, [world, *(world.restarted() for _ in range(3))]), seed)


@pytest.mark.parametrize("name", NAMES)
def test_on_processes(stack: LocalStack, name: str) -> None:
    SCENARIOS[name](Processes(stack), 3)
