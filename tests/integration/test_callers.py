"""The caller of a transfer is stored with it, shown to readers, and decides nothing."""

from datetime import datetime

import pytest

from doku_signing.timestamps import WIB
from tests.support.harness import World, order
from tools.explain import format_transfer


def test_a_transfer_names_the_caller_who_created_it(world: World) -> None:
    reference = world.create(order(), caller="dewi@example.com").body["partnerReferenceNo"]
    assert world.get(reference).body["createdBy"] == "dewi@example.com"
    assert "  Created by dewi@example.com" in format_transfer(world.existing(reference), datetime.now(WIB))


def test_a_replay_by_another_caller_changes_nothing(world: World) -> None:
    body = order()
    world.create(body, caller="first")
    replay = world.create(body, caller="second")
    assert (replay.status, replay.headers["Idempotency-Replayed"]) == (201, "true")
    assert replay.body["createdBy"] == "first"


def test_a_check_keeps_the_caller(world: World) -> None:
    reference = world.create(order(), caller="first").body["partnerReferenceNo"]
    assert world.get(reference, refresh=True).body["status"] == "SUCCESS"
    assert world.get(reference).body["createdBy"] == "first"


def test_a_transfer_may_have_no_caller(world: World) -> None:
    reference = world.create(order(), caller=None).body["partnerReferenceNo"]
    assert world.get(reference).body["createdBy"] is None


def test_doku_and_the_log_hear_nothing_of_the_caller(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """I17: it may be an e-mail address."""
    world.create(order(), caller="dewi@example.com")
    assert "dewi" not in str(world.doku.ledger()["requests"])
    captured = capsys.readouterr()
    assert "dewi" not in captured.out + captured.err
