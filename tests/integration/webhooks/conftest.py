from collections.abc import Iterator

import pytest

from local.in_process.backing_services import BackingServices
from local.in_process.webhooks import Webhooks, receiving
from tests.support.harness import World


@pytest.fixture
def webhooks(backing_services: BackingServices, world: World) -> Iterator[Webhooks]:
    with receiving(backing_services, world) as running:
        yield running
