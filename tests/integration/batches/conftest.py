"""The batch worker of the world."""

import pytest

from local.in_process.batches import Batches
from tests.support.harness import World


@pytest.fixture
def batches(world: World) -> Batches:
    return Batches.start(world)
