"""Faults of the table: throttling, lost replies, pages, full histories, newer items."""

from dataclasses import replace
from typing import Any

import boto3
import pytest

from payouts.domain.errors import Duplicate, Mismatch, Unavailable
from payouts.domain.money import Rupiah
from payouts.domain.transfer import HISTORY_LATEST, Finding, Intent, Observation, Source, record
from payouts.store.inquiry_sessions import InquirySession, InquirySessions
from payouts.store.table import Table
from payouts.store.transfers import TransferStore
from tests.integration.receiver.notifications import signed
from tests.support.harness import PAGES, Page, World, inquiry_of, order


def with_session(world: World) -> dict[str, object]:
    body = order()
    inquiry = world.request("POST", "/v1/account-inquiries", inquiry_of(body))
    return {**body, "sessionId": inquiry.body["sessionId"]}


@pytest.mark.covers(23, "I4")
@pytest.mark.parametrize("operation", ["UpdateItem", "PutItem"], ids=["the claim", "the create"])
def test_throttling_before_the_create_is_retryable(world: World, operation: str) -> None:
    body = with_session(world)
    world.faults.throttle(operation)
    refused = world.create(body)
    assert (refused.status, refused.body["retryable"]) == (429, True)
    assert world.sent(str(body["partnerReferenceNo"])) == []
    assert world.create(body).body["status"] == "ACCEPTED"


@pytest.mark.covers(23, "I3", "I13")
def test_throttling_of_the_outcome_is_answered_202(world: World) -> None:
    body = order()
    world.create(order())
    world.faults.throttle("UpdateItem")
    created = world.create(body)
    assert (created.status, created.body["status"]) == (202, "SUBMITTING")
    assert world.let_time_pass(body["partnerReferenceNo"], minutes=2) == "SUCCESS"
    assert len(world.debits(body["partnerReferenceNo"])) == 1


@pytest.mark.covers(23)
def test_throttling_of_a_read_is_retryable(world: World) -> None:
    world.faults.throttle("GetItem")
    answer = world.get("ANY")
    assert (answer.status, answer.body["response_code"]) == (429, "TOO_MANY_REQUESTS")


@pytest.mark.covers(24, "I1")
def test_a_create_with_a_lost_reply_sends_once(world: World) -> None:
    body = with_session(world)  # with a session, the only put is the conditional create
    world.faults.lose_reply("PutItem")
    created = world.create(body)
    assert (created.status, created.body["status"]) == (201, "ACCEPTED")
    assert "Idempotency-Replayed" not in created.headers
    assert len(world.sent(str(body["partnerReferenceNo"]))) == 1


@pytest.mark.covers(24)
def test_an_update_whose_reply_was_lost_is_no_conflict(world: World) -> None:
    body = order()
    world.create(order())
    world.faults.lose_reply("UpdateItem")
    created = world.create(body)
    assert created.body["status"] == "ACCEPTED"
    stored = world.existing(body["partnerReferenceNo"])
    assert (stored.version, len(stored.history)) == (2, 2)


@pytest.mark.covers(24)
def test_a_claim_whose_reply_was_lost_is_still_ours(world: World) -> None:
    body = with_session(world)
    world.faults.lose_reply("UpdateItem")
    assert world.create(body).body["status"] == "ACCEPTED"


@pytest.mark.covers(14, "I4")
@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_instead_of_the_create_sends_nothing(world: World, page: Page) -> None:
    """botocore takes HTML with 200 for an empty answer, which is what a put is answered with."""
    body = with_session(world)
    world.faults.answer_with_a_page("PutItem", page)
    refused = world.create(body)
    assert (refused.status, refused.body["retryable"]) == (503, True)
    assert world.sent(str(body["partnerReferenceNo"])) == []
    assert world.create(body).body["status"] == "ACCEPTED"


@pytest.mark.covers(14, "I1")
@pytest.mark.parametrize("page", PAGES[::5], ids=str)
def test_a_page_instead_of_an_item_is_not_no_transfer(world: World, page: Page) -> None:
    body = order()
    world.create(order())
    world.faults.answer_with_a_page("UpdateItem", page)
    assert world.create(body).status == 202
    world.faults.answer_with_a_page("GetItem", page)
    assert world.get(body["partnerReferenceNo"]).status == 503
    assert world.let_time_pass(body["partnerReferenceNo"], minutes=2) == "SUCCESS"
    assert len(world.sent(body["partnerReferenceNo"])) == len(world.debits(body["partnerReferenceNo"])) == 1


def test_writes_that_meet_are_both_kept(world: World) -> None:
    reference = world.create(order()).body["partnerReferenceNo"]
    stored = world.existing(reference)
    seen = [Observation(number, Finding.UNCLEAR, Source.STATUS_CHECK) for number in (1, 2)]
    world.store.update(stored, lambda standing: record(standing, seen[0]))
    both = world.store.update(stored, lambda standing: record(standing, seen[1]))  # from a stale copy
    assert [one.at for one in both.history[-2:]] == [1, 2]
    assert both == world.stored(reference)


@pytest.mark.covers(28, "I5")
def test_a_full_history_keeps_status_and_reference(world: World) -> None:
    reference = world.create(order()).body["partnerReferenceNo"]
    stored = world.existing(reference)
    flood = [Observation(stored.created_at + at, Finding.UNCLEAR, Source.STATUS_CHECK) for at in range(1, 200)]
    flooded = world.store.update(stored, lambda standing: record(standing, *flood))
    assert len(flooded.history) <= HISTORY_LATEST + 2 * len(Finding) + 1
    assert (flooded.status, flooded.doku_reference_no) == (stored.status, stored.doku_reference_no)


@pytest.mark.covers(29)
def test_only_helper_items_expire(world: World) -> None:
    world = World.start({**world.environment, "DAILY_COUNT_LIMIT": "1000"}, world.clock, world.doku)
    body = with_session(world)
    world.create(body, headers={"Idempotency-Key": "ends-by-itself-0001"})
    assert world.notify("unpaid", {"transactionId": "DK1"}, signed(world)).status == 200
    items = world.scan()
    ends = {item["pk"].split("#")[0] for item in items if "expiresAt" in item}
    assert ends == {"SESSION", "TOKEN", "COUNTER", "REQUEST"}
    assert {item["pk"].split("#")[0] for item in items} >= {"TRANSFER", "SESSION", "TOKEN", "KEY"}


@pytest.mark.covers(30)
def test_an_item_of_a_newer_version_is_left_alone(world: World) -> None:
    reference = world.create(order()).body["partnerReferenceNo"]
    world.write_attribute(reference, "schema", {"N": "2"})
    answer = world.get(reference, refresh=True)
    assert (answer.status, answer.body["retryable"]) == (503, True)
    assert "newer version" in answer.body["response_message"]


@pytest.mark.covers(30)
def test_unknown_attributes_survive_writes(world: World) -> None:
    reference = world.create(order()).body["partnerReferenceNo"]
    world.write_attribute(reference, "settledBy", {"S": "somebody"})
    assert world.get(reference, refresh=True).body["status"] == "SUCCESS"
    (item,) = [item for item in world.scan() if item["pk"] == f"TRANSFER#{reference}"]
    assert item["settledBy"] == "somebody"


def test_a_settled_transfer_leaves_the_index_of_open_ones(world: World) -> None:
    world.doku.deposit("1.00")
    reference = world.create(order()).body["partnerReferenceNo"]
    (item,) = [item for item in world.scan() if item["pk"] == f"TRANSFER#{reference}"]
    assert "dueShard" not in item
    assert "nextCheckAt" not in item


def test_a_transfer_is_found_by_dokus_reference(world: World) -> None:
    created = world.create(order()).body
    found = world.store.find(created["referenceNo"])
    assert found is not None
    assert found.partner_reference_no == created["partnerReferenceNo"]
    assert world.store.find("DK00000000") is None
    assert replace(found, version=0) != found


def test_an_index_that_names_another_transfer_finds_none(world: World) -> None:
    """What an index says is looked up in the table itself."""
    reference = str(world.create(order()).body["partnerReferenceNo"])
    assert (found := world.stored(reference))
    world.write_attribute(reference, "referenceNo", {"S": "DK-OF-ANOTHER"})
    assert world.store.find(found.doku_reference_no) is None
    assert world.store.find("DK-OF-ANOTHER") is None


def test_a_transfer_is_read_as_it_stands(world: World) -> None:
    """A replay that read an old copy would answer with less than was promised before."""
    asked: list[Any] = []
    client = boto3.client("dynamodb")
    client.meta.events.register("before-parameter-build.dynamodb.GetItem", lambda params, **_: asked.append(params))
    TransferStore(Table(client, world.environment["TABLE_NAME"]), 1).get("ANY")
    assert [one["ConsistentRead"] for one in asked] == [True]


def a_session(world: World) -> tuple[InquirySessions, InquirySession, Intent]:
    """One that ends after a minute, and what it was made for."""
    session = InquirySession(
        "I-TWICE", "8377388292", "014", Rupiah.parse("200000.00"), "SUHUT", None, int(world.clock()) + 60
    )
    intent = Intent("PAY-A", "628115678890", "8377388292", "014", session.amount, session.session_id)
    return InquirySessions(Table(world.dynamodb, world.environment["TABLE_NAME"])), session, intent


def test_a_claimed_session_leads_to_its_request_for_30_days(world: World) -> None:
    sessions, session, intent = a_session(world)
    assert sessions.claimed_by(session.session_id) is None
    sessions.save(session)
    assert sessions.claimed_by(session.session_id) is None
    now = world.clock()
    sessions.claim(intent, "f", now)
    assert sessions.claimed_by(session.session_id) == "PAY-A"
    (item,) = world.scan()
    assert (item["validUntil"], item["expiresAt"]) == (session.expires_at, int(now) + 30 * 86_400)


def test_a_claimed_session_is_valid_no_longer_than_before(world: World) -> None:
    """It is only found for longer."""
    sessions, session, intent = a_session(world)
    sessions.save(session)
    sessions.claim(intent, "f", world.clock())
    with pytest.raises(Mismatch, match="expired"):
        sessions.claim(intent, "f", session.expires_at)


def test_a_session_of_our_own_inquiry_is_claimed_from_the_start(world: World) -> None:
    sessions, session, intent = a_session(world)
    for _ in range(2):  # a crash before the transfer was created, and the same request again
        sessions.save_claimed(session, intent, "f", world.clock())
    assert sessions.claimed_by(session.session_id) == "PAY-A"
    with pytest.raises(Duplicate, match="make a new account inquiry"):
        sessions.claim(replace(intent, partner_reference_no="PAY-B"), "f", world.clock())
    with pytest.raises(Unavailable, match="used already"):
        sessions.save(session)


def test_a_session_of_another_request_is_not_kept_again(world: World) -> None:
    sessions, session, intent = a_session(world)
    sessions.save_claimed(session, intent, "f", world.clock())
    for other, fingerprint in ((replace(intent, partner_reference_no="PAY-B"), "f"), (intent, "another body")):
        with pytest.raises(Unavailable, match="used already"):
            sessions.save_claimed(session, other, fingerprint, world.clock())
    assert sessions.claimed_by(session.session_id) == "PAY-A"


def test_a_session_that_doku_gives_again_stays_used(world: World) -> None:
    sessions, session, intent = a_session(world)
    sessions.save(session)
    sessions.claim(intent, "f", world.clock())
    with pytest.raises(Unavailable, match="used already"):
        sessions.save(session)
    with pytest.raises(Duplicate):
        sessions.claim(replace(intent, partner_reference_no="PAY-B"), "f", world.clock())
