"""Fixtures shared by the tests of the operators' commands."""

import pytest

from tests.support.harness import World
from tools.deployment import find


@pytest.fixture
def local_run(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The deployment that the commands find with `--env local`. A process has one, which is empty for each test."""
    monkeypatch.setenv("LOCAL_AWS_PORT", world.environment["AWS_ENDPOINT_URL"].rpartition(":")[2])
    world.environment = {**world.environment, "TABLE_NAME": find("local").outputs["TableName"]}
    running = world.restarted()
    for item in running.scan():
        running.dynamodb.delete_item(TableName=running.environment["TABLE_NAME"], Key={"pk": {"S": item["pk"]}})
    return running
