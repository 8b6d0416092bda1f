"""DOKU misbehaves: money moves at most once, and no status claims more than is known."""

from typing import Any

import pytest

from payouts.domain.transfer import Finding, Observation, Source, record
from tests.support.harness import World, inquiry_of, order
from tests.support.tcp_server import http_answer, listening, saying

QUICK = {"seconds": 30}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time-outs of a transfer are 14 s; half a second shows the same."""
    monkeypatch.setattr("payouts.doku.client.TRANSFER", (0.5, 0.5))
    monkeypatch.setattr("payouts.doku.client.QUESTION", (0.5, 0.5))


def paid_at_most_once(world: World, reference: str) -> None:
    """I1, I2 and I14: at most one request that may have been executed, at most one debit, no external id twice."""
    sent = world.sent(reference)
    assert sum(one["httpStatus"] != 401 for one in sent) <= 1
    assert len(world.debits(reference)) <= 1
    external_ids = [one["externalId"] for one in world.doku.ledger()["requests"]]
    assert len(set(external_ids)) == len(external_ids)


EXECUTED = [
    ("9 read time-out, money moved", "timeout-after", QUICK),
    ("11 reset after executing", "reset-after", {}),
    ("11 reset mid-body", "reset-mid-body", {}),
    ("14 HTML", "garbage", {}),
    ("14 truncated JSON", "truncated", {}),
    ("14 empty body", "empty", {}),
    ("15 500 executed", "error-after", {}),
    ("15 504 executed", "error-after", {"httpStatus": 504, "responseCode": "5044300"}),
    ("19 unknown code", "unknown-code", {"responseCode": "2094399", "execute": True}),
    ("17 4044318", "unknown-code", {"responseCode": "4044318", "execute": True}),
    ("17 4094301", "unknown-code", {"responseCode": "4094301", "execute": True}),
    ("about another transfer", "wrong-reference", {}),
]
NOT_EXECUTED = [
    ("10 read time-out, nothing moved", "timeout-before", QUICK),
    ("11 reset before executing", "reset-before", {}),
    ("13 redirect 307", "redirect", {"httpStatus": 307}),
    ("13 redirect 308", "redirect", {"httpStatus": 308}),
    ("15 500 not executed", "error-before", {}),
    ("18 429 of another service", "unknown-code", {"responseCode": "4294200", "httpStatus": 429}),
    ("18 429 in the glossary's envelope", "unknown-code", {"responseCode": "TOO_MANY_REQUESTS", "httpStatus": 429}),
    ("18 429 with another code", "error-before", {"httpStatus": 429, "responseCode": "5004300"}),
    ("maintenance", "maintenance", {}),
    ("17 4094301 but unknown to DOKU", "unknown-code", {"responseCode": "4094301", "execute": False}),
]


@pytest.mark.covers(9, 11, 14, 15, 17, 19, "I1", "I2", "I13", "I14")
@pytest.mark.parametrize(("kind", "options"), [case[1:] for case in EXECUTED], ids=[case[0] for case in EXECUTED])
def test_an_unclear_answer_executed_ends_in_success(world: World, kind: str, options: dict[str, Any]) -> None:
    body = order()
    world.doku.fault("transfer", kind, **options)
    created = world.create(body)
    assert (created.status, created.body["status"]) == (202, "IN_DOUBT")
    world.doku.heal()
    assert world.let_time_pass(body["partnerReferenceNo"], minutes=5) == "SUCCESS"
    paid_at_most_once(world, body["partnerReferenceNo"])
    assert len(world.debits(body["partnerReferenceNo"])) == 1


@pytest.mark.covers(10, 11, 13, 15, 17, 18, "I1", "I14")
@pytest.mark.parametrize(
    ("kind", "options"), [case[1:] for case in NOT_EXECUTED], ids=[case[0] for case in NOT_EXECUTED]
)
def test_an_unclear_answer_unexecuted_stays_in_doubt(world: World, kind: str, options: dict[str, Any]) -> None:
    body = order()
    world.doku.fault("transfer", kind, **options)
    created = world.create(body)
    assert (created.status, created.body["status"]) == (202, "IN_DOUBT")
    world.doku.heal()
    assert world.let_time_pass(body["partnerReferenceNo"], minutes=15) == "IN_DOUBT"
    paid_at_most_once(world, body["partnerReferenceNo"])
    assert world.debits(body["partnerReferenceNo"]) == []


@pytest.mark.covers(18, "I1", "I6")
@pytest.mark.parametrize("options", [{"retryAfter": 1}, {}], ids=["with Retry-After", "without"])
def test_a_transfer_refused_with_4294300_can_be_created_again(world: World, options: dict[str, Any]) -> None:
    body = order()
    world.doku.fault("transfer", "throttled", **options)
    refused = world.create(body)
    assert (refused.status, refused.body["status"], refused.body["final"]) == (201, "FAILED", True)
    assert (refused.body["reason"]["code"], refused.body["nextAction"]) == ("4294300", "CORRECT_AND_RESEND")
    assert world.create(body).headers["Idempotency-Replayed"] == "true"
    assert world.create(order()).body["status"] == "ACCEPTED"
    assert len(world.sent(body["partnerReferenceNo"])) == 1
    assert world.debits(body["partnerReferenceNo"]) == []


@pytest.mark.covers(10, "I1", "I6")
def test_a_transfer_unknown_to_doku_for_72_hours_fails(world: World) -> None:
    """I6: the timeout alone does not make it FAILED."""
    body = order()
    world.doku.fault("transfer", "timeout-before", **QUICK)
    world.create(body)
    world.doku.heal()
    assert world.let_time_pass(body["partnerReferenceNo"], minutes=71 * 60) == "IN_DOUBT"
    doubted = world.get(body["partnerReferenceNo"]).body
    assert (doubted["final"], doubted["nextAction"], doubted["reason"]["code"]) == (False, "ASK_DOKU", "NOT_RECEIVED")
    assert world.let_time_pass(body["partnerReferenceNo"], minutes=26 * 60) == "FAILED"
    stored = world.existing(body["partnerReferenceNo"])
    assert stored.decided_by is not None
    assert stored.decided_by.code == "NOT_RECEIVED"
    paid_at_most_once(world, body["partnerReferenceNo"])
    assert world.debits(body["partnerReferenceNo"]) == []


@pytest.mark.covers(9, "I1", "I8")
def test_a_replay_while_in_doubt_sends_nothing(world: World) -> None:
    body = order()
    world.doku.fault("transfer", "timeout-after", **QUICK)
    world.create(body)
    replay = world.create(body)
    assert (replay.status, replay.headers["Idempotency-Replayed"]) == (202, "true")
    paid_at_most_once(world, body["partnerReferenceNo"])


@pytest.mark.covers(16)
def test_202_in_progress_is_pending_and_then_paid(world: World) -> None:
    body = order()
    world.doku.fault("transfer", "in-progress")
    assert world.create(body).body["status"] == "UNPAID"
    assert world.get(body["partnerReferenceNo"], refresh=True).body["status"] == "SUCCESS"
    paid_at_most_once(world, body["partnerReferenceNo"])


@pytest.mark.covers(19)
@pytest.mark.parametrize("kind", ["string-codes", "number-codes"])
def test_codes_as_text_and_as_numbers_mean_the_same(world: World, kind: str) -> None:
    world.doku.fault("transfer", kind)
    assert world.create(order()).body["status"] == "ACCEPTED"


@pytest.mark.covers(20)
def test_not_found_for_a_while_and_then_success_is_success(world: World) -> None:
    body = order()
    world.doku.fault("transfer", "timeout-after", **QUICK)
    world.create(body)
    world.doku.heal()
    world.doku.fault("status", "not-found", seconds=20 * 60, times=None)
    assert world.let_time_pass(body["partnerReferenceNo"], minutes=15) == "IN_DOUBT"
    assert world.let_time_pass(body["partnerReferenceNo"], minutes=60) == "SUCCESS"
    assert world.let_time_pass(body["partnerReferenceNo"], minutes=10 * 24 * 60) == "SUCCESS"


@pytest.mark.covers(21, "I3")
def test_success_met_by_failed_is_disputed_and_stays_checked(world: World) -> None:
    body = order()
    world.create(body)
    world.get(body["partnerReferenceNo"], refresh=True)
    world.doku.fault("status", "status-says", latestTransactionStatus="06")
    world.clock.advance(11)
    checked = world.request("POST", f"/v1/transfers/{body['partnerReferenceNo']}/status-checks")
    assert checked.body["status"] == "DISPUTED"
    assert checked.body["nextCheckAt"] is not None
    assert checked.body["final"] is False


@pytest.mark.covers("I5")
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("wrong-reference", {}),
        ("wrong-amount", {"value": "1.00"}),
        ("garbage", {}),
        ("error-before", {}),
        ("throttled", {}),
    ],
)
def test_a_status_answer_that_proves_nothing_changes_nothing(world: World, kind: str, options: dict[str, Any]) -> None:
    body = order()
    world.create(body)
    world.doku.fault("status", kind, **options)
    answer = world.request("POST", f"/v1/transfers/{body['partnerReferenceNo']}/status-checks")
    assert (answer.status, answer.body["status"]) == (200, "ACCEPTED")
    assert answer.body["history"][-1]["finding"] == "UNCLEAR"
    assert answer.body["nextCheckAt"] is not None


@pytest.mark.covers(19, "I5")
def test_an_unknown_latest_status_proves_nothing(world: World) -> None:
    body = order()
    world.create(body)
    world.doku.fault("status", "status-says", latestTransactionStatus="99")
    assert world.get(body["partnerReferenceNo"], refresh=True).body["status"] == "ACCEPTED"


@pytest.mark.covers("I1", "I4", "I14", "I16")
def test_a_refused_token_allows_one_second_send(world: World) -> None:
    """Token expired mid-flight: DOKU, asked with a new token, has no record, so one second send is allowed."""
    body = order()
    world.create(order())
    world.doku.fault("transfer", "unauthorized")
    created = world.create(body)
    assert (created.status, created.body["status"]) == (201, "ACCEPTED")
    first, second = world.sent(body["partnerReferenceNo"])
    assert (first["httpStatus"], second["httpStatus"]) == (401, 200)
    assert world.existing(body["partnerReferenceNo"]).external_ids == (first["externalId"], second["externalId"])
    assert [seen["finding"] for seen in created.body["history"]] == ["SUBMITTING", "REFUSED", "RESENT", "ACCEPTED"]
    paid_at_most_once(world, body["partnerReferenceNo"])


@pytest.mark.covers("I1")
def test_two_refusals_fail_without_a_third_send(world: World) -> None:
    body = order()
    world.doku.fault("transfer", "unauthorized", times=5)
    created = world.create(body)
    assert (created.status, created.body["status"]) == (201, "FAILED")
    assert created.body["reason"]["code"] == "4014301"
    assert len(world.sent(body["partnerReferenceNo"])) == 2
    assert world.debits(body["partnerReferenceNo"]) == []


@pytest.mark.covers("I1")
def test_another_transfers_refusal_allows_no_second_send(world: World) -> None:
    """I1: a 401 that names another transfer proves nothing about this one."""
    body = order()
    world.create(order())
    refusal = http_answer(401, {"responseCode": "4014301", "partnerReferenceNo": "ANOTHER"})
    with listening(saying(refusal)) as doku:
        session = world.request("POST", "/v1/account-inquiries", inquiry_of(body)).body["sessionId"]
        world.environment = {**world.environment, "DOKU_BASE_URL": doku.url}
        created = world.restarted().create({**body, "sessionId": session})
    assert (created.status, created.body["status"]) == (202, "IN_DOUBT")
    assert len(doku.requests) == 1


@pytest.mark.covers(13)
@pytest.mark.parametrize("headers", [{"Location": "http://[bad"}, {"Location": "/\xff\xfe"}, {}])
def test_a_redirect_to_nowhere_is_in_doubt_and_no_error(world: World, headers: dict[str, str]) -> None:
    """Requests looks at the Location even where it does not follow it."""
    body = order()
    session = world.request("POST", "/v1/account-inquiries", inquiry_of(body)).body["sessionId"]
    with listening(saying(http_answer(302, {}, **headers))) as doku:
        world.environment = {**world.environment, "DOKU_BASE_URL": doku.url}
        created = world.restarted().create({**body, "sessionId": session})
    assert (created.status, created.body["status"]) == (202, "IN_DOUBT")
    assert len(doku.requests) == 1


@pytest.mark.covers(21, "I6")
@pytest.mark.parametrize("finding", [Finding.UNPAID, Finding.SUCCESS])
def test_a_contradicted_refusal_is_not_sent_again(world: World, finding: Finding) -> None:
    """Refused with 401, and yet another function hears from DOKU that it has the transfer."""
    body = order()
    world.create(order())
    other = world.restarted()
    world.doku.fault("transfer", "unauthorized")

    def meanwhile() -> None:
        stored = other.existing(body["partnerReferenceNo"])
        seen = Observation(stored.created_at, finding, Source.STATUS_CHECK)
        other.store.update(stored, lambda standing: record(standing, seen))

    world.faults.before["UpdateItem"] = [lambda: None, meanwhile]  # the token's lock, then the second send's record
    created = world.create(body)
    assert created.body["status"] == finding
    assert (created.body["nextCheckAt"] is None) is (finding is Finding.SUCCESS), "a paid one is left to the sweep"
    assert [one["httpStatus"] for one in world.sent(body["partnerReferenceNo"])] == [401]


@pytest.mark.parametrize("amount", ["1e999999", "NaN", "Infinity", "-1", "1.00"])
def test_an_odd_amount_in_an_answer_is_no_error(world: World, amount: str) -> None:
    world.doku.fault("transfer", "wrong-amount", value=amount)
    assert world.create(order()).status in (201, 202)


@pytest.mark.covers(8)
def test_an_unreachable_doku_fails_before_the_create(world: World) -> None:
    """Without a token nothing is stored."""
    world.environment = {**world.environment, "DOKU_BASE_URL": "http://127.0.0.1:9"}
    body = order()
    world.doku.expire_tokens()
    answer = world.restarted().create(body)
    assert (answer.status, answer.body["response_code"], answer.body["retryable"]) == (503, "MAINTENANCE_MODE", True)
    assert world.stored(body["partnerReferenceNo"]) is None


@pytest.mark.covers(8, "I6")
def test_a_refused_connection_fails_with_proof(world: World) -> None:
    """Twice no connection is proof that nothing left."""
    body = order()
    session = world.request("POST", "/v1/account-inquiries", inquiry_of(body)).body["sessionId"]
    world.environment = {**world.environment, "DOKU_BASE_URL": "http://127.0.0.1:9"}
    answer = world.restarted().create({**body, "sessionId": session})
    assert (answer.status, answer.body["status"], answer.body["reason"]["code"]) == (201, "FAILED", "NOT_SENT")
    assert [seen["finding"] for seen in answer.body["history"]] == ["SUBMITTING", "NOT_SENT", "RESENT", "NOT_SENT"]
    assert world.sent(body["partnerReferenceNo"]) == []


@pytest.mark.parametrize(
    ("kind", "status", "code", "retryable"),
    [
        ("timeout-after", 503, "MAINTENANCE_MODE", True),
        ("garbage", 503, "MAINTENANCE_MODE", True),
        ("error-before", 503, "MAINTENANCE_MODE", True),
        ("maintenance", 503, "MAINTENANCE_MODE", True),
        ("throttled", 429, "TOO_MANY_REQUESTS", True),
    ],
)
def test_an_inquiry_that_doku_does_not_answer_sends_no_transfer(
    world: World, kind: str, status: int, code: str, retryable: bool
) -> None:
    body = order()
    world.doku.fault("inquiry", kind)
    answer = world.create(body)
    assert (answer.status, answer.body["response_code"], answer.body["retryable"]) == (status, code, retryable)
    assert world.stored(body["partnerReferenceNo"]) is None
    assert world.sent(body["partnerReferenceNo"]) == []
    world.doku.heal()
    assert world.create(body).status == 201


def test_a_refused_inquiry_is_asked_once_more_with_a_new_token(world: World) -> None:
    world.create(order())
    world.doku.fault("inquiry", "unauthorized")
    assert world.create(order()).status == 201


@pytest.mark.covers(27, "I14", "I20")
@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_function_whose_clock_is_minutes_off_still_pays_once(world: World, minutes: int) -> None:
    """27, I20: the clock decides when to ask, not whether money moved."""
    body = order()
    skewed = world.restarted(skew=minutes * 60)
    created = skewed.create(body)
    assert created.body["status"] == "ACCEPTED"
    assert world.create(body).headers["Idempotency-Replayed"] == "true"
    assert world.let_time_pass(body["partnerReferenceNo"], minutes=30) == "SUCCESS"
    paid_at_most_once(world, body["partnerReferenceNo"])
