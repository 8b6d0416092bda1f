"""Webhooks from the write of a transfer to the receiver: each change arrives, and the last one is the newest."""

import json
from contextlib import suppress
from typing import Any

import pytest

from local.in_process.backing_services import BackingServices
from local.in_process.webhooks import Webhooks
from payouts.webhooks.signing import generate_secret
from tests.support.harness import Crash, World, order


def statuses(webhooks: Webhooks) -> list[str]:
    return [body["data"]["status"] for body in webhooks.bodies()]


def pay(world: World) -> str:
    """A transfer that is accepted, and paid at the first check."""
    reference = str(world.create(order()).body["partnerReferenceNo"])
    world.clock.advance(120)
    world.tick()
    return reference


def pending() -> dict[str, Any]:
    """An order that is UNPAID for some minutes. ACCEPTED at once is no event: the caller has it as its answer."""
    return order(beneficiaryAccountNumber="8812345001", channelCode="07")


@pytest.mark.covers("I28")
def test_each_change_is_delivered(world: World, webhooks: Webhooks) -> None:
    reference = str(world.create(pending()).body["partnerReferenceNo"])
    webhooks.deliver()
    world.clock.advance(300)
    world.tick()
    webhooks.deliver()
    assert statuses(webhooks) == ["UNPAID", "SUCCESS"]
    assert {body["data"]["partnerReferenceNo"] for body in webhooks.bodies()} == {reference}
    assert webhooks.waiting() == 0


def test_the_body_is_what_the_api_shows(world: World, webhooks: Webhooks) -> None:
    shown = world.get(pay(world)).body
    webhooks.deliver()
    data = webhooks.bodies()[-1]["data"]
    fields = ("partnerReferenceNo", "status", "final", "nextAction", "amount", "referenceNo")
    assert {name: data[name] for name in fields} == {name: shown[name] for name in fields}


def test_a_delivery_is_verified(world: World, webhooks: Webhooks) -> None:
    pay(world)
    webhooks.deliver()
    received = webhooks.inbox.state()["deliveries"]
    assert received
    assert all(each["verified"] for each in received)
    assert all(each["headers"]["content-type"] == "application/json" for each in received)


def test_while_secrets_rotate_either_verifies(
    backing_services: BackingServices, world: World, webhooks: Webhooks
) -> None:
    former = json.loads(backing_services.secret)
    both = [generate_secret(), *former["webhookSecrets"]]
    backing_services.aws.secretsmanager.put_secret_value(
        SecretId=backing_services.secret_id, SecretString=json.dumps({**former, "webhookSecrets": both})
    )
    pay(world)
    webhooks.deliver()
    assert all(len(each["headers"]["webhook-signature"].split()) == 2 for each in webhooks.inbox.state()["deliveries"])


@pytest.mark.parametrize("secrets", [[], ["whsec_short"], "text"])
def test_without_a_good_secret_nothing_is_sent_or_lost(
    backing_services: BackingServices, world: World, webhooks: Webhooks, secrets: object
) -> None:
    changed = {**json.loads(backing_services.secret), "webhookSecrets": secrets}
    backing_services.aws.secretsmanager.put_secret_value(
        SecretId=backing_services.secret_id, SecretString=json.dumps(changed)
    )
    assert world.create(pending()).status == 201, "payouts do not depend on it"
    webhooks.deliver()
    assert webhooks.inbox.state()["deliveries"] == []
    assert webhooks.waiting() == 1


def test_a_change_of_finality_is_delivered(world: World, webhooks: Webhooks) -> None:
    """The status stays SUCCESS, but the receiver must learn that it is in question, and when it is not any more."""
    reference = pay(world)
    webhooks.deliver()
    assert webhooks.bodies()[-1]["data"]["final"] is True
    world.doku.fault("status", "status-says", latestTransactionStatus="03", partnerReferenceNo=reference)
    world.clock.advance(60)
    world.request("POST", f"/v1/transfers/{reference}/status-checks")
    webhooks.deliver()
    last = webhooks.bodies()[-1]["data"]
    assert (last["status"], last["final"]) == (world.get(reference).body["status"], world.get(reference).body["final"])
    assert last["final"] is False


@pytest.mark.covers("I29")
def test_the_last_delivery_is_the_newest(world: World, webhooks: Webhooks) -> None:
    """While a delivery of UNPAID is on its way, the transfer becomes SUCCESS, and another sender delivers that."""
    world.create(pending())

    def overtake() -> None:
        world.clock.advance(250)  # well below the age at which a receiver refuses a signature
        world.tick()
        webhooks.publish()
        webhooks.deliver()

    webhooks.meanwhile.append(overtake)
    webhooks.deliver()
    assert statuses(webhooks)[-1] == "SUCCESS"
    assert statuses(webhooks).index("SUCCESS") < statuses(webhooks).index("UNPAID"), "the older one came later"
    assert webhooks.waiting() == 0


@pytest.mark.covers("I30")
def test_an_id_has_one_body(world: World, webhooks: Webhooks) -> None:
    """Deliveries that fail, repeated ones and writes without news in between."""
    for _ in range(3):
        pay(world)
        webhooks.inbox.fail(1)
        webhooks.deliver()
        world.clock.advance(10)
        webhooks.deliver()
    received = webhooks.inbox.state()["deliveries"]
    bodies: dict[str, set[str]] = {}
    for each in received:
        bodies.setdefault(each["headers"]["webhook-id"], set()).add(each["body"])
    assert len(received) > len(bodies)
    assert {len(found) for found in bodies.values()} == {1}


def test_messages_about_one_transfer_are_delivered_once(world: World, webhooks: Webhooks) -> None:
    pay(world)
    webhooks.deliver()
    assert statuses(webhooks) == ["SUCCESS"], "both changes were waiting, and the body is the present one"


@pytest.mark.covers("I28")
@pytest.mark.parametrize("operation", ["GetItem", "SendMessage", "ChangeMessageVisibility", "UpdateItem"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_loses_nothing(world: World, webhooks: Webhooks, operation: str, when: str) -> None:
    """The sender dies at a call, while the receiver fails half of the deliveries."""
    reference = pay(world)
    getattr(world.faults, f"crash_{when}")(operation)
    for attempt in range(12):
        webhooks.inbox.fail(attempt % 2)
        with suppress(Crash):
            webhooks.deliver()
        webhooks.restart()
        world.clock.advance(7_300)
    webhooks.inbox.fail(0)
    webhooks.deliver()
    last = [body["data"] for body in webhooks.bodies() if body["data"]["partnerReferenceNo"] == reference][-1]
    assert (last["status"], last["final"]) == ("SUCCESS", True)
    assert (webhooks.waiting(), webhooks.set_aside()) == (0, 0)


def test_an_item_of_a_newer_version_waits(world: World, webhooks: Webhooks) -> None:
    """This version may read its status otherwise: one id would have two bodies."""
    reference = pay(world)
    world.write_attribute(reference, "schema", {"N": "99"})
    webhooks.deliver()
    assert webhooks.inbox.state()["deliveries"] == []
    assert webhooks.waiting() >= 2
