"""A start that many refused requests share."""

from collections.abc import Iterator

import pytest

from local.in_process.backing_services import BackingServices
from tests.support.harness import World


@pytest.fixture(scope="module")
def warm(backing_services: BackingServices) -> Iterator[World]:
    """One start for all the requests that must change nothing."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in backing_services.environment.items():
            patch.setenv(name, value)
        yield World.start(backing_services.environment, backing_services.clock, backing_services.doku)


@pytest.fixture
def idle(warm: World) -> World:
    """Nothing has been stored or sent yet."""
    warm.doku.reset()
    warm.faults.calls.clear()
    return warm
