"""Random histories of a deployment. `make prove ARGS=stateful` explores more and finds every seeded bug."""

import os

import pytest

from local.in_process.backing_services import BackingServices
from tests.stateful.explore import PROFILES, explore


@pytest.fixture(autouse=True)
def variables(backing_services: BackingServices, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in backing_services.environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.covers(
    "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13", "I14", "I16", "I19"
)
@pytest.mark.covers("I21", "I22", "I23", "I24", "I25", "I26", "I27")
@pytest.mark.covers(1, 2, 4, 5, 14, 15, 16, 18, 20, 21, 22, 23, 24, 27, 32, 34, 36, 37, 46, 47, 49, 52, 53, 63)
def test_no_history_breaks_an_invariant(backing_services: BackingServices) -> None:
    explored = explore(backing_services, PROFILES[os.environ.get("HYPOTHESIS_PROFILE", "test")])
    assert explored.failed is None, explored.failed
    assert explored.steps > 100
