"""The process dies between any two outbound calls: the transfer converges and is paid at most once."""

import pytest

from tests.support.harness import World, crashing, inquiry_of, order


@pytest.mark.covers(1, "I4")
def test_a_crash_before_the_create_leaves_nothing(world: World) -> None:
    body = order()
    world.create(order())
    world.faults.before["PutItem"] = [lambda: None]  # the inquiry's session
    world.faults.crash_before("PutItem")
    with crashing():
        world.create(body)
    assert world.stored(body["partnerReferenceNo"]) is None
    assert world.sent(body["partnerReferenceNo"]) == []
    assert world.restarted().create(body).body["status"] == "ACCEPTED"
    assert len(world.debits(body["partnerReferenceNo"])) == 1


@pytest.mark.covers(2, "I1", "I3")
def test_a_crash_before_the_send_is_never_sent(world: World) -> None:
    body = order()
    world.create(order())
    world.faults.after["PutItem"] = [lambda: None]  # the inquiry's session
    world.faults.crash_after("PutItem")
    with crashing():
        world.create(body)
    after = world.restarted()
    replay = after.create(body)
    assert (replay.status, replay.body["status"]) == (202, "SUBMITTING")
    assert after.sent(body["partnerReferenceNo"]) == []
    assert after.existing(body["partnerReferenceNo"]).next_check_at is not None  # I3
    assert after.let_time_pass(body["partnerReferenceNo"], minutes=90) == "IN_DOUBT"
    assert after.let_time_pass(body["partnerReferenceNo"], minutes=73 * 60) == "FAILED"
    assert after.sent(body["partnerReferenceNo"]) == []


@pytest.mark.covers(3, 4, "I1", "I13")
def test_a_crash_before_recording_ends_in_success(world: World) -> None:
    """3 looks the same from the table: the send happened, and nothing was recorded."""
    body = order()
    world.create(order())
    world.faults.crash_before("UpdateItem")
    with crashing():
        world.create(body)
    after = world.restarted()
    assert after.create(body).body["status"] == "SUBMITTING"
    assert after.let_time_pass(body["partnerReferenceNo"], minutes=2) == "SUCCESS"
    assert len(after.sent(body["partnerReferenceNo"])) == len(after.debits(body["partnerReferenceNo"])) == 1


@pytest.mark.covers(5, "I8")
def test_a_crash_after_recording_answers_the_replay(world: World) -> None:
    body = order()
    world.create(order())
    world.faults.crash_after("UpdateItem")
    with crashing():
        world.create(body)
    replay = world.restarted().create(body)
    assert (replay.status, replay.body["status"]) == (201, "ACCEPTED")
    assert len(world.sent(body["partnerReferenceNo"])) == 1


@pytest.mark.covers(1)
def test_a_crash_after_claiming_a_session_recovers(world: World) -> None:
    body = order()
    inquiry = world.request("POST", "/v1/account-inquiries", inquiry_of(body))
    body["sessionId"] = inquiry.body["sessionId"]
    world.faults.crash_after("UpdateItem")
    with crashing():
        world.create(body)
    assert world.restarted().create(body).body["status"] == "ACCEPTED"


@pytest.mark.covers(1, "I2")
def test_a_crash_after_binding_a_key_recovers(world: World) -> None:
    body, headers = order(), {"Idempotency-Key": "crash-between-key-and-door"}
    world.create(order())
    world.faults.crash_after("PutItem")
    with crashing():
        world.create(body, headers=headers)
    assert world.restarted().create(body, headers=headers).body["status"] == "ACCEPTED"
    assert len(world.debits(body["partnerReferenceNo"])) == 1


@pytest.mark.covers("I8")
@pytest.mark.parametrize("remaining", [29_000, 1_000])
def test_a_replay_needs_neither_token_nor_time(world: World, remaining: int) -> None:
    """I8: the transfer stands, whether there is a token or time now or not."""
    body = order()
    inquiry = world.request("POST", "/v1/account-inquiries", inquiry_of(body))
    body["sessionId"] = inquiry.body["sessionId"]
    world.create(body)
    world.clock.advance(1000)
    world.doku.fault("token", "unauthorized", times=None)
    replay = world.restarted().create(body, remaining=lambda: remaining)
    assert (replay.status, replay.headers["Idempotency-Replayed"]) == (201, "true")


@pytest.mark.covers(2, "I1")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_around_the_second_send_is_never_a_third(world: World, moment: str) -> None:
    body = order()
    world.create(order())
    world.doku.fault("transfer", "unauthorized")
    # The first UpdateItem takes the token's lock, the second makes the second send durable.
    hooks = world.faults.before if moment == "before" else world.faults.after
    hooks["UpdateItem"] = [lambda: None]
    (world.faults.crash_before if moment == "before" else world.faults.crash_after)("UpdateItem")
    with crashing():
        world.create(body)
    after = world.restarted()
    assert after.create(body).body["status"] == "SUBMITTING"
    assert after.let_time_pass(body["partnerReferenceNo"], minutes=74 * 60) == "FAILED"
    assert [one["httpStatus"] for one in after.sent(body["partnerReferenceNo"])] == [401]
    assert after.debits(body["partnerReferenceNo"]) == []
