"""The kill switch: stops new transfers within 30 seconds, and nothing else."""

import pytest

from payouts.services.kill_switch import MAX_AGE
from payouts.store.kill_switch import KillSwitchStore, Turned
from payouts.store.table import Table
from tests.support.harness import Answer, World, inquiry_of, order
from tools import cli


def turn(world: World, stopped: bool) -> bool:
    store = KillSwitchStore(Table(world.dynamodb, world.environment["TABLE_NAME"]))
    return store.turn(Turned(stopped, "Dewi", "ticket 4711", int(world.clock() * 1000)))


@pytest.fixture
def stopped(world: World) -> World:
    assert turn(world, stopped=True)
    return world


def assert_stopped(answer: Answer) -> None:
    assert (answer.status, answer.body["response_code"]) == (503, "MAINTENANCE_MODE")
    assert (answer.body["retryable"], answer.headers["Retry-After"]) == (True, "60")
    assert answer.body["transfersStopped"] is True
    assert "Dewi" not in str(answer.body)


@pytest.mark.covers("I22", "I23")
def test_a_stop_refuses_new_transfers(stopped: World) -> None:
    body = order()
    assert_stopped(stopped.create(body, headers={"Idempotency-Key": "key-of-a-stop"}))
    body["sessionId"] = stopped.request("POST", "/v1/account-inquiries", inquiry_of(body)).body["sessionId"]
    before = stopped.scan()
    assert_stopped(stopped.create(body))
    assert stopped.scan() == before
    assert stopped.sent(body["partnerReferenceNo"]) == []
    assert [one["operation"] for one in stopped.doku.ledger()["requests"]] == ["inquiry"]


@pytest.mark.covers("I22")
def test_everything_else_goes_on(world: World) -> None:
    body = order()
    reference = world.create(body).body["partnerReferenceNo"]
    world.create(order())  # open: the poller asks about it
    turn(world, stopped=True)
    world = world.restarted()
    assert world.create(body).headers["Idempotency-Replayed"] == "true"
    other = world.create({**body, "remark": "another"})
    assert (other.status, other.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")
    assert world.get(reference, refresh=True).body["status"] == "SUCCESS"
    balance = world.request("GET", "/v1/balance")
    assert (balance.status, balance.body["acceptsTransfers"]) == (200, False)
    world.clock.advance(3600)
    assert world.tick()["learned"] == 1


@pytest.mark.covers("I23")
def test_a_refused_request_is_paid_after_the_stop(stopped: World) -> None:
    body = order()
    assert_stopped(stopped.create(body))
    turn(stopped, stopped=False)
    stopped.clock.advance(MAX_AGE)
    assert stopped.create(body).status == 201


@pytest.mark.covers("I22")
def test_a_warm_function_stops_within_30_seconds(world: World) -> None:
    assert world.create(order()).status == 201
    turn(world, stopped=True)
    world.faults.calls.clear()
    world.clock.advance(MAX_AGE / 2)
    assert world.create(order()).status == 201
    assert world.faults.calls.count("GetItem") == 1  # for the transfer
    world.clock.advance(MAX_AGE / 2)
    assert_stopped(world.create(order()))


def test_a_deployment_stop_cannot_be_lifted(world: World) -> None:
    world = World.start({**world.environment, "ACCEPT_TRANSFERS": "false"}, world.clock, world.doku)
    turn(world, stopped=False)
    assert_stopped(world.create(order()))


def test_where_the_switch_cannot_be_read_nothing_is_sent(world: World) -> None:
    world.faults.throttle("GetItem", times=1)
    body = order()
    assert world.create(body).status == 429
    assert world.sent(body["partnerReferenceNo"]) == []


def test_the_command_stops_starts_and_shows(local_run: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["stop-transfers", "--by", "Dewi", "--reason", "ticket 4711"]) == 0
    turned, shown = capsys.readouterr().out.splitlines()
    assert turned.startswith("in local, new transfers stop within 30 seconds")
    assert shown.startswith("in local, new transfers are STOPPED: by Dewi")
    assert_stopped(local_run.create(order()))
    assert cli.main(["stop-transfers", "--by", "Budi"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("in local, nothing was changed")
    assert "by Dewi" in printed
    assert cli.main(["stop-transfers", "--by", "Budi", "--reason", "ticket 4712"]) == 0
    updated, shown = capsys.readouterr().out.splitlines()
    assert updated.endswith("the switch was set so already; name and reason are updated")
    assert shown.startswith("in local, new transfers are STOPPED: by Budi")
    assert shown.endswith("ticket 4712")
    assert cli.main(["start-transfers", "--by", "Budi"]) == 0
    assert "new transfers are accepted: by Budi" in capsys.readouterr().out
    assert local_run.restarted().create(order()).status == 201
