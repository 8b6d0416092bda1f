"""`payouts webhooks`: status, send-test, replay, resume and secret, on a running deployment."""

import json
from collections.abc import Iterator
from threading import Event

import pytest

from local.in_process.backing_services import BackingServices
from local.in_process.webhooks import Webhooks, receiving
from payouts.store.table import Table
from payouts.store.webhook_breaker import BreakerStore
from tests.integration.webhooks.test_delivery import pending
from tests.support.harness import World
from tests.support.waiting import in_the_background
from tools import cli


@pytest.fixture
def webhooks(backing_services: BackingServices, local_run: World) -> Iterator[Webhooks]:
    with receiving(backing_services, local_run) as running:
        yield running


def breaker(world: World) -> BreakerStore:
    return BreakerStore(Table(world.dynamodb, world.environment["TABLE_NAME"]))


def test_a_test_message_passes_the_whole_path(webhooks: Webhooks, capsys: pytest.CaptureFixture[str]) -> None:
    def deliver(stop: Event) -> None:
        while not stop.wait(0.05):
            webhooks.deliver()

    with in_the_background(deliver):
        assert cli.main(["webhooks", "send-test"]) == 0
        webhooks.inbox.fail(1, 500)
        assert cli.main(["webhooks", "send-test"]) == 1
    shown = capsys.readouterr()
    assert "delivered: the receiver answered 204" in shown.out
    assert "failed: 500" in shown.err


def test_a_day_is_replayed(local_run: World, webhooks: Webhooks, capsys: pytest.CaptureFixture[str]) -> None:
    created = [local_run.create(pending()).body for _ in range(12)]
    webhooks.deliver()
    day = created[0]["createdAt"][:10]
    assert cli.main(["webhooks", "replay", "--day", day, "--dry-run"]) == 0
    assert webhooks.waiting() == 0
    assert cli.main(["webhooks", "replay", "--day", day]) == 0
    webhooks.deliver()
    delivered = [body["data"]["partnerReferenceNo"] for body in webhooks.bodies()]
    assert all(delivered.count(one["partnerReferenceNo"]) == 2 for one in created)
    assert f"of {day} are being delivered again" in capsys.readouterr().out


@pytest.mark.parametrize("day", ["yesterday", "20240917", "2024-W38-2"])
def test_a_bad_day_is_wrong_usage(webhooks: Webhooks, capsys: pytest.CaptureFixture[str], day: str) -> None:
    assert cli.main(["webhooks", "replay", "--day", day]) == 2
    assert capsys.readouterr().err == "--day must be a date such as 2024-09-17\n"


def test_resume_delivers_what_was_set_aside(
    local_run: World, webhooks: Webhooks, capsys: pytest.CaptureFixture[str]
) -> None:
    local_run.create(pending())
    webhooks.inbox.fail(1, 410)
    webhooks.deliver()
    capsys.readouterr()
    assert cli.main(["webhooks", "status", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["breaker"], shown["setAside"]) == ("stopped", 1)
    assert cli.main(["webhooks", "resume"]) == 0
    assert breaker(local_run).read().is_closed
    webhooks.catch_up()
    webhooks.deliver()
    assert len(webhooks.bodies()) == 1


def test_the_first_secret_sends_what_was_set_aside(
    backing_services: BackingServices, local_run: World, webhooks: Webhooks
) -> None:
    former = json.loads(backing_services.secret)
    secrets = {**former, "webhookSecrets": []}
    client = backing_services.aws.secretsmanager
    client.put_secret_value(SecretId=backing_services.secret_id, SecretString=json.dumps(secrets))
    try:
        webhooks.restart()
        local_run.create(pending())
        for _ in range(5):
            webhooks.deliver()
            local_run.clock.advance(7_300)
        assert (webhooks.waiting(), webhooks.set_aside()) == (0, 1)
        assert cli.main(["webhooks", "secret", "--add"]) == 0
        webhooks.restart()
        webhooks.catch_up()
        webhooks.deliver()
        assert len(webhooks.bodies()) == 1
    finally:
        client.put_secret_value(SecretId=backing_services.secret_id, SecretString=backing_services.secret)


def test_secrets_rotate_in_two_steps(webhooks: Webhooks, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> list[str]:
        assert cli.main(["webhooks", "secret", *arguments]) == 0
        return [line for line in capsys.readouterr().out.splitlines() if line.startswith("whsec_")]

    (first,) = run("--show")
    newest, former = run("--add")
    assert former == first
    assert cli.main(["webhooks", "secret", "--add"]) == 1, "two are in force"
    assert run("--drop-old") == []
    assert run("--show") == [newest]
    assert cli.main(["webhooks", "secret", "--add", "--drop-old"]) == 2
