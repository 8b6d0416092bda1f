"""A start that many refused requests share."""

from collections.abc import Iterator

import pytest

from tests.harness import World
from tests.surroundings import Surroundings


@pytest.fixture(scope="module")
def warm(surroundings: Surroundings) -> Iterator[World]:
    """One start for all the requests that must change nothing."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in surroundings.environment.items():
            patch.setenv(name, value)
        yield World.start(surroundings.environment, surroundings.clock, surroundings.doku)


@pytest.fixture
def idle(warm: World) -> World:
    """Nothing has been stored or sent yet."""
    warm.doku.reset()
    warm.faults.calls.clear()
    return warm
