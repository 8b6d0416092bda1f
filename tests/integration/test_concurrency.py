"""Many at once, in processes of their own (FAULTS 26, 33, 49, 50, 61, 64). `make prove ARGS=concurrency` draws more."""

from collections.abc import Iterator

import pytest

from local.stack import LocalStack
from tests.contention.deployment import Deployment
from tests.contention.scenarios import SCENARIOS, most_for_one


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with LocalStack() as stack:
        yield Deployment(stack)


@pytest.mark.covers(26, 33, 49, 50, 61, 64, "I1", "I2", "I8", "I10", "I12", "I16")
@pytest.mark.parametrize("name", SCENARIOS)
def test_many_at_once(deployment: Deployment, name: str) -> None:
    assert SCENARIOS[name](deployment, 1) > 3, "that was nothing at once"
    assert most_for_one(deployment) == (1, 1), "I1, I2"
