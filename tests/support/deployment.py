"""The deployment that many tests share: moto has one state and one time in a process."""

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local.engines import dynamodb_local, elasticmq
from local.engines.java_engine import NotInstalled
from local.in_process.backing_services import BackingServices, running
from local.in_process.clients import given_back
from tests.support import log_watch
from tests.support.direct_aws import without_sockets
from tests.support.harness import World


@pytest.fixture(scope="session")
def backing_services(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[BackingServices]:
    """One AWS, one DOKU and one clock for all tests of a process."""
    chosen = request.config.getoption("--engine")
    offset = tmp_path_factory.mktemp("clock") / "offset"
    with ExitStack() as stack:
        try:
            table = stack.enter_context(dynamodb_local.running()) if "dynamodb-local" in chosen else None
            queue = stack.enter_context(elasticmq.running(offset)) if "elasticmq" in chosen else None
        except NotInstalled as reason:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(reason))
        found = stack.enter_context(running(offset, table, queue))
        stack.enter_context(without_sockets(found.aws.url))
        log_watch.keep(found.secret)
        gc.freeze()  # these stay, and half of a cold start would be spent on looking at them
        yield found


@pytest.fixture
def world(backing_services: BackingServices, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A cold start with a table of its own for each test."""
    table = {"TABLE_NAME": backing_services.new_table()}
    for name, value in {**backing_services.environment, **table}.items():
        monkeypatch.setenv(name, value)
    backing_services.reset()
    with given_back():
        yield backing_services.start(table)
    backing_services.doku.heal()
