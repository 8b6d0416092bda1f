"""Only notifications signed by DOKU are kept, with the current or the previous key (I9)."""

import base64

import pytest

from tests.integration.receiver.notifications import (
    OTHER_KEY,
    REFUSED,
    REQUEST_ID,
    UNPAID,
    aes_ecb,
    configured,
    deliver,
    hmac_sha512,
    reply,
    rotate,
    secret,
    signed,
)
from tests.support.harness import World


@pytest.mark.covers(38)
def test_header_names_count_in_any_case(world: World) -> None:
    headers = signed(world)
    for spelled in (str, str.lower, str.upper, str.title):
        spelling = {spelled(name): value for name, value in headers.items()}
        assert deliver(world, spelling).status == 200, spelling.keys()
    assert world.messages() == 4


@pytest.mark.covers(37, 38, "I9")
def test_a_notification_not_signed_by_doku_is_refused(world: World) -> None:
    """36 and 38 too: another request's signature, and headers that came twice, which API Gateway joins by a comma."""
    right = signed(world)
    agent, request_id, signature = right["agentKey"], right["requestId"], right["signature"]
    forgeries: dict[str, dict[str, str]] = {
        "no headers": {},
        "no signature": {"requestId": request_id, "agentKey": agent},
        "no agentKey": {"requestId": request_id, "signature": signature},
        "no requestId": {"agentKey": agent, "signature": signature},
        "empty signature": right | {"signature": ""},
        "empty agentKey": right | {"agentKey": "", "signature": aes_ecb(secret(world)["notificationKey"], request_id)},
        "empty requestId": right | {"requestId": "", "signature": aes_ecb(secret(world)["notificationKey"], agent)},
        "forged": right | {"signature": "Zm9yZ2Vk" * 8},
        "DOKU's sample": right
        | {"signature": "ieNOENDdN4MnectGytx5UvmOfASZ2oGWMCJ8gVqkw3tB98ofgY9cbxSeY4IYoYeoKs+0QP4h8BTBhemlfeXp1w=="},
        "of another request": right | {"signature": signed(world, "another")["signature"]},
        "of another key": signed(world, key=OTHER_KEY),
        "of another agent": signed(world, agent="A41419"),
        "agentKey and requestId cut elsewhere": right | {"agentKey": agent[:-1], "requestId": agent[-1] + request_id},
        "hmac instead of aes": right | {"signature": hmac_sha512(secret(world)["notificationKey"], agent + request_id)},
        "cut off": right | {"signature": signature[:-1]},
        "one more": right | {"signature": signature + "A"},
        "in lower case": right | {"signature": signature.lower()},
        "with blanks": right | {"signature": f" {signature} "},
        "twice": right | {"signature": f"{signature},{signature}"},
        "agentKey twice": right | {"agentKey": f"{agent},{agent}"},
        "not ASCII": right | {"signature": "süß" + signature},
        "a lone surrogate in requestId": right | {"requestId": "\ud800"},
        "lone surrogates": dict.fromkeys(right, "\ud800"),
        "agentKey not ASCII": right | {"agentKey": "\uff2141418"},
        "agentKey in lower case": right | {"agentKey": agent.lower()},
        "enormous": dict.fromkeys(right, "A" * 1_000_000),
    }
    answers = {name: reply(world, headers) for name, headers in forgeries.items()}
    assert answers == dict.fromkeys(forgeries, (401, *REFUSED))
    assert world.messages() == 0
    assert deliver(world, right).status == 200  # and this was DOKU's


@pytest.mark.covers(37)
def test_a_forger_learns_nothing_of_the_body(world: World) -> None:
    """The signature comes first: a bad body and a good one are refused alike."""
    forged = signed(world, key=OTHER_KEY)
    answers = [reply(world, forged, body) for body in (UNPAID, "no JSON", "", "x" * 11_000_000)]
    assert answers == [(401, *REFUSED)] * 4


def test_the_two_schemes_are_apart_and_the_variable_says_which(world: World) -> None:
    by_aes, ours = signed(world), secret(world)
    by_hmac = by_aes | {"signature": hmac_sha512(ours["notificationKey"], ours["agentKey"] + REQUEST_ID)}
    other = configured(world, NOTIFICATION_SIGNATURE="hmac-sha512")
    assert (deliver(other, by_hmac).status, deliver(other, by_aes).status) == (200, 401)
    assert (deliver(world, by_hmac).status, deliver(world, by_aes).status) == (401, 200)


@pytest.mark.covers(37)
def test_current_and_previous_keys_are_accepted(world: World) -> None:
    before = signed(world)
    rotate(world, notificationKey=OTHER_KEY)
    after = signed(world)
    assert (deliver(world, before).status, deliver(world, after).status) == (200, 200)
    assert deliver(world, signed(world, key="0" * 16)).status == 401


@pytest.mark.covers(37)
def test_a_key_that_was_rotated_away_twice_is_refused(world: World) -> None:
    first = signed(world)
    rotate(world, notificationKey=OTHER_KEY)
    second = signed(world)
    rotate(world, notificationKey="0" * 16)
    statuses = [deliver(world, headers).status for headers in (first, second, signed(world))]
    assert statuses == [401, 200, 200]


@pytest.mark.covers(37)
def test_a_key_rotated_twice_is_refused_in_five_minutes(world: World) -> None:
    first = signed(world)
    assert deliver(world, first).status == 200
    rotate(world, notificationKey=OTHER_KEY)
    rotate(world, notificationKey="0" * 16)
    world.clock.advance(301)
    assert deliver(world, first).status == 401


@pytest.mark.covers(37)
def test_a_fresh_key_is_accepted_despite_the_cache(world: World) -> None:
    assert deliver(world, signed(world)).status == 200
    rotate(world, notificationKey=OTHER_KEY)
    assert deliver(world, signed(world)).status == 401  # DOKU sends again
    world.clock.advance(31)
    assert deliver(world, signed(world)).status == 200


@pytest.mark.covers(37)
def test_forgeries_read_the_secret_twice_a_minute_at_most(world: World) -> None:
    forged = signed(world, key=OTHER_KEY)
    deliver(world, signed(world))
    world.faults.calls.clear()
    for _ in range(60):
        world.clock.advance(1)
        assert deliver(world, forged).status == 401
    assert world.faults.calls.count("GetSecretValue") <= 5  # the previous version, and then both versions twice


@pytest.mark.covers(37)
def test_a_new_agent_key_rotates_along(world: World) -> None:
    before = signed(world)
    rotate(world, agentKey="A50000", notificationKey=OTHER_KEY)
    assert [deliver(world, headers).status for headers in (before, signed(world))] == [200, 200]
    mixed = signed(world, agent="A50000", key="k" * 16), signed(world, agent=before["agentKey"], key=OTHER_KEY)
    assert [deliver(world, headers).status for headers in mixed] == [401, 401]


@pytest.mark.covers(37, "I9")
@pytest.mark.parametrize("key", ["", None], ids=["empty", "missing"])
def test_an_empty_key_authenticates_nothing(world: World, key: str | None) -> None:
    ours = secret(world)
    rotate(world, notificationKey=key)
    rotate(world, notificationKey=key)
    text = ours["agentKey"] + REQUEST_ID
    plain = {"requestId": REQUEST_ID, "agentKey": ours["agentKey"]}
    padded = base64.b64encode(text.encode()).decode()
    for fresh in (world, configured(world, NOTIFICATION_SIGNATURE="hmac-sha512")):
        for signature in (hmac_sha512("", text), padded, "", "null", "None"):
            assert reply(fresh, plain | {"signature": signature}) == (401, *REFUSED)
    assert world.messages() == 0


@pytest.mark.covers(37)
def test_an_aes_key_of_wrong_length_is_our_error(world: World) -> None:
    right = signed(world)
    rotate(world, notificationKey="too short")
    rotate(world, notificationKey="too short")
    assert reply(world, right) == (503, *REFUSED)
    assert reply(world, right | {"agentKey": "A00000"}) == (401, *REFUSED)  # who knows no agentKey learns nothing
    assert reply(world, {}) == (401, *REFUSED)
    assert world.messages() == 0


@pytest.mark.covers(37)
def test_a_corrected_key_length_takes_effect(world: World) -> None:
    """The bad key stays behind as the previous one: it must not stand in the way of the good one."""
    rotate(world, notificationKey="too short")
    rotate(world, notificationKey=OTHER_KEY)
    assert deliver(world, signed(world)).status == 200
    assert deliver(world, signed(world, key="0" * 16)).status == 401


def test_a_forgery_during_a_secret_outage_is_refused(world: World) -> None:
    assert deliver(world, signed(world)).status == 200
    world.clock.advance(31)
    world.faults.throttle("GetSecretValue", times=5)
    assert deliver(world, signed(world, key="0" * 16)).status == 401
    assert deliver(world, signed(world)).status == 200


def test_a_secret_that_cannot_be_read_asks_doku_to_send_again(world: World) -> None:
    world.faults.throttle("GetSecretValue")
    assert reply(world, signed(world)) == (503, *REFUSED)
    assert deliver(world, signed(world)).status == 200
    assert world.messages() == 1


def test_only_addresses_of_the_allow_list_may_call(world: World) -> None:
    listed = configured(world, NOTIFICATION_SOURCES="203.0.113.0/28, 198.51.100.7,2001:db8::/32")
    headers = signed(world)
    addresses = {
        "203.0.113.0": 200,
        "203.0.113.15": 200,
        "203.0.113.16": 401,
        "198.51.100.7": 200,
        "198.51.100.8": 401,
        "2001:db8::1": 200,
        "2001:db9::1": 401,
        "127.0.0.1": 401,
    }
    assert {source: deliver(listed, headers, source=source).status for source in addresses} == addresses
    assert listed.messages() == 4
    claiming = headers | {"x-forwarded-for": "203.0.113.1", "x-real-ip": "203.0.113.1", "forwarded": "for=203.0.113.1"}
    assert deliver(listed, claiming, source="192.0.2.1").status == 401
    assert deliver(listed, headers | {"signature": "Zm9yZ2Vk"}, source="203.0.113.1").status == 401
    assert deliver(world, headers, source="192.0.2.1").status == 200  # without a list anybody with the key
