"""The main flow: inquiry, transfer, status."""

from dataclasses import replace

import pytest

from tests.support.harness import World, inquiry_of, new_reference, order


def inquire(world: World, body: dict[str, object]) -> str:
    answer = world.request("POST", "/v1/account-inquiries", inquiry_of(body))
    assert answer.status == 200
    return str(answer.body["sessionId"])


def test_a_transfer_is_accepted_and_then_paid(world: World) -> None:
    body = order()
    created = world.create(body)
    assert (created.status, created.body["status"]) == (201, "ACCEPTED")
    assert created.body["partnerReferenceNo"] == body["partnerReferenceNo"]
    assert created.body["fee"] == {"value": "4500.00", "currency": "IDR"}
    assert created.headers["Location"] == f"/v1/transfers/{body['partnerReferenceNo']}"
    checked = world.get(body["partnerReferenceNo"], refresh=True)
    assert (checked.status, checked.body["status"], checked.body["final"]) == (200, "SUCCESS", True)
    assert checked.body["referenceNo"].startswith("DK")
    assert [seen["finding"] for seen in checked.body["history"]] == ["SUBMITTING", "ACCEPTED", "SUCCESS"]


@pytest.mark.covers("I4", "I7")
def test_doku_receives_what_was_asked_for(world: World) -> None:
    body = order(amount={"value": "123456.00", "currency": "IDR"})
    world.create(body)
    (sent,) = world.sent(body["partnerReferenceNo"])
    stored = world.existing(body["partnerReferenceNo"])
    assert sent["amount"] == "123456.00" == str(stored.intent.amount)
    assert sent["beneficiaryAccountNumber"] == "8377388292" == stored.intent.beneficiary_account_number
    assert sent["beneficiaryBankCode"] == "014" == stored.intent.beneficiary_bank_code
    assert sent["externalId"] == stored.external_ids[-1]


@pytest.mark.covers(61)
def test_an_inquirys_session_serves_one_transfer(world: World) -> None:
    body = order(beneficiaryAccountName="Somebody Else")
    answer = world.request("POST", "/v1/account-inquiries", inquiry_of(body))
    assert answer.body["beneficiaryAccountName"] == "SUHUT"
    assert answer.body["fee"]["value"] == "4500.00"
    session = answer.body["sessionId"]
    assert world.create({**body, "sessionId": session}).body["status"] == "ACCEPTED"
    other = world.create({**body, "partnerReferenceNo": new_reference(), "sessionId": session})
    assert (other.status, other.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")


def test_a_create_with_a_session_costs_three_writes(world: World) -> None:
    """In a function that has its token and has looked at the switch in the last half minute."""
    world.create(order())
    body = order()
    session = inquire(world, body)
    world.faults.calls.clear()
    world.create({**body, "sessionId": session})
    assert world.faults.calls == ["GetItem", "UpdateItem", "PutItem", "UpdateItem"]
    assert len(world.sent(body["partnerReferenceNo"])) == 1


@pytest.mark.covers(61)
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"amount": {"value": "200001.00", "currency": "IDR"}}, "amount"),
        ({"beneficiaryAccountNumber": "8377388293"}, "beneficiaryAccountNumber"),
        ({"beneficiaryBankCode": "008"}, "beneficiaryBankCode"),
    ],
)
def test_another_transfers_session_is_refused(world: World, change: dict[str, object], named: str) -> None:
    body = order()
    session = inquire(world, body)
    answer = world.create({**body, **change, "sessionId": session})
    assert answer.status == 409
    assert named in answer.body["response_message"]
    assert world.stored(body["partnerReferenceNo"]) is None


@pytest.mark.covers(61)
def test_an_unknown_and_an_expired_session_are_refused(world: World) -> None:
    unknown = world.create(order(sessionId="I0000000000000000"))
    assert (unknown.status, "unknown or expired" in unknown.body["response_message"]) == (409, True)
    body = order()
    session = inquire(world, body)
    world.clock.advance(3601)
    expired = world.create({**body, "sessionId": session})
    assert (expired.status, "unknown or expired" in expired.body["response_message"]) == (409, True)
    assert world.sent(body["partnerReferenceNo"]) == []


@pytest.mark.covers(61)
def test_another_name_at_the_bank_stops_the_transfer(world: World) -> None:
    body = order(beneficiaryAccountName="FHILEA HERMANUS")
    answer = world.create(body)
    assert answer.status == 409
    assert answer.body["beneficiaryAccountName"] == "SUHUT"
    assert "SUHUT" in answer.body["response_message"]
    assert "FHILEA HERMANUS" in answer.body["response_message"]
    assert world.stored(body["partnerReferenceNo"]) is None
    assert world.sent(body["partnerReferenceNo"]) == []


@pytest.mark.covers(55, "I8")
def test_a_replay_answers_without_sending(world: World) -> None:
    body = order()
    world.create(body)
    before = world.stored(body["partnerReferenceNo"])
    replay = world.create(dict(reversed(body.items())))
    assert (replay.status, replay.headers["Idempotency-Replayed"]) == (201, "true")
    assert replay.body["status"] == "ACCEPTED"
    assert world.stored(body["partnerReferenceNo"]) == before
    assert len(world.sent(body["partnerReferenceNo"])) == len(world.debits(body["partnerReferenceNo"])) == 1


@pytest.mark.covers(61, "I8")
def test_a_replay_outlives_its_session(world: World) -> None:
    body = order()
    body["sessionId"] = inquire(world, body)
    world.create(body)
    world.clock.advance(7200)
    assert world.create(body).headers["Idempotency-Replayed"] == "true"


@pytest.mark.covers("I2", "I8")
def test_another_session_is_still_a_replay(world: World) -> None:
    """A frontend that got no answer inquires again, and sends the same reference with the new session."""
    body = order()
    world.create({**body, "sessionId": inquire(world, body)})
    replay = world.create({**body, "sessionId": inquire(world, body)})
    assert (replay.status, replay.headers["Idempotency-Replayed"]) == (201, "true")
    assert len(world.sent(body["partnerReferenceNo"])) == len(world.debits(body["partnerReferenceNo"])) == 1


@pytest.mark.covers("I8")
def test_another_body_under_a_reference_is_refused(world: World) -> None:
    body = order()
    world.create(body)
    before = world.stored(body["partnerReferenceNo"])
    other = world.create({**body, "amount": {"value": "300000.00", "currency": "IDR"}})
    assert (other.status, other.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")
    assert world.stored(body["partnerReferenceNo"]) == before
    assert len(world.sent(body["partnerReferenceNo"])) == 1


def test_a_refused_second_body_uses_no_session(world: World) -> None:
    """The standing transfer is found before the session is claimed."""
    body = order()
    world.create(body)
    other = {**body, "remark": "another"}
    other["sessionId"] = inquire(world, other)
    assert world.create(other).status == 409
    assert world.create({**other, "partnerReferenceNo": new_reference()}).body["status"] == "ACCEPTED"


@pytest.mark.covers("I2", "I8")
def test_an_idempotency_key_alone_gives_one_reference(world: World) -> None:
    body = order(partnerReferenceNo=None)
    headers = {"Idempotency-Key": f"key-{new_reference()}"}
    first, second = (world.create(body, headers=headers) for _ in range(2))
    assert first.body["partnerReferenceNo"] == second.body["partnerReferenceNo"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(world.debits(first.body["partnerReferenceNo"])) == 1


@pytest.mark.covers("I2")
def test_one_idempotency_key_with_two_references_pays_once(world: World) -> None:
    headers = {"Idempotency-Key": f"key-{new_reference()}"}
    first, second = order(), order()
    assert world.create(first, headers=headers).status == 201
    refused = world.create(second, headers=headers)
    assert (refused.status, refused.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")
    assert world.create(first, headers=headers).headers["Idempotency-Replayed"] == "true"
    assert world.debits(second["partnerReferenceNo"]) == []


@pytest.mark.covers(62, "I6")
def test_a_balance_too_low_fails_with_dokus_code(world: World) -> None:
    world.doku.deposit("1000.00")
    answer = world.create(order())
    assert (answer.status, answer.body["status"]) == (201, "FAILED")
    assert len(world.sent(answer.body["partnerReferenceNo"])) == 1
    assert answer.body["reason"]["code"] == "4034314"
    assert answer.body["fee"] is None  # DOKU took none
    assert answer.body["nextCheckAt"] is None


@pytest.mark.covers(57)
def test_an_unknown_account_is_refused_with_dokus_code(world: World) -> None:
    world.doku.account("014", "9990001", None)
    answer = world.create(order(beneficiaryAccountNumber="9990001"))
    assert (answer.status, answer.body["doku_response_code"]) == (422, "4044211")
    assert answer.body["retryable"] is False


@pytest.mark.parametrize("shape", ["docs", "live"])
def test_the_balance_is_read_in_both_shapes(world: World, shape: str) -> None:
    world.doku.settings(balance_shape=shape)
    world.doku.deposit("823781442.13")
    answer = world.request("GET", "/v1/balance")
    assert answer.status == 200
    assert answer.body["availableBalance"] == {"value": "823781442.13", "currency": "IDR"}
    assert answer.body["holdAmount"]["value"] == "0.00"
    assert answer.body["creditAlertLimit"]["currency"] == "IDR"


@pytest.mark.covers(16, "I13")
@pytest.mark.parametrize(("bank", "end"), [("014", "SUCCESS"), ("002", "FAILED")])
def test_an_unpaid_transfer_ends_as_doku_says(world: World, bank: str, end: str) -> None:
    body = order(beneficiaryBankCode=bank, beneficiaryAccountNumber="9912345678", channelCode="07")
    created = world.create(body)
    assert (created.status, created.body["status"]) == (201, "UNPAID")
    assert world.let_time_pass(body["partnerReferenceNo"], minutes=180) == end


def test_a_days_transfers_are_listed_newest_first(world: World) -> None:
    world.clock.advance(2 * 86_400)  # a day that no other test has used
    references = []
    for _ in range(5):
        references.append(world.create(order()).body["partnerReferenceNo"])
        world.clock.advance(1)
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        page = world.request("GET", "/v1/transfers", query=query)
        assert page.status == 200
        seen += [one["partnerReferenceNo"] for one in page.body["transfers"]]
        if page.body["cursor"] is None:
            break
        query["cursor"] = page.body["cursor"]
    assert seen == references[::-1]
    world.get(references[2], refresh=True)
    paid = world.request("GET", "/v1/transfers", query={"status": "SUCCESS"})
    assert [one["partnerReferenceNo"] for one in paid.body["transfers"]] == [references[2]]


def status_checks(world: World) -> int:
    """How often DOKU was asked about a transfer."""
    return sum(request["operation"] == "status" for request in world.doku.ledger()["requests"])


@pytest.mark.parametrize("status", ["03", "00"])
def test_a_status_check_asks_doku_at_most_every_ten_seconds(world: World, status: str) -> None:
    """Otherwise a loop with a read token would make DOKU throttle all calls. A final transfer is asked about, too."""
    world.doku.fault("status", "status-says", latestTransactionStatus=status, times=9)
    reference = world.create(order()).body["partnerReferenceNo"]
    path = f"/v1/transfers/{reference}/status-checks"
    for _ in range(3):
        assert world.request("POST", path).status == 200
    assert status_checks(world) == 1
    world.clock.advance(9)
    world.request("POST", path)
    assert status_checks(world) == 1
    world.clock.advance(2)
    world.request("POST", path)
    assert status_checks(world) == 2


def test_banks_are_found_by_code_name_and_kind_of_writing(world: World) -> None:
    found = world.request("GET", "/v1/banks", query={"query": "central asia"})
    assert "014" in [bank["code"] for bank in found.body["banks"]]
    assert [bank["code"] for bank in world.request("GET", "/v1/banks", query={"query": "gopay"}).body["banks"]] == [
        "GOPAY"
    ]
    codes = [bank["code"] for bank in world.request("GET", "/v1/banks").body["banks"]]
    assert len(codes) == 170
    assert list(dict.fromkeys(codes))[:5] == ["014", "002", "008", "009", "451"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("bsi", "451"),
        ("syariah mandiri", "451"),
        ("jago", "542"),
        ("artos", "542"),
        ("seabank", "535"),
        ("allo", "567"),
    ],
)
def test_banks_are_found_by_brand_and_former_name(world: World, words: str, code: str) -> None:
    found = world.request("GET", "/v1/banks", query={"query": words}).body["banks"]
    assert found[0]["code"] == code


@pytest.mark.parametrize(
    ("path", "takes"),
    [
        ("/v1/balance", "it takes none"),
        ("/v1/banks", "it takes query"),
        ("/v1/response-codes", "it takes system, query"),
        ("/v1/response-codes/4034314", "it takes system"),
        ("/v1/transfers/PAY-0001", "it takes refresh"),
    ],
)
def test_an_unknown_query_parameter_is_refused(world: World, path: str, takes: str) -> None:
    answer = world.request("GET", path, query={"refersh": "true"})
    assert (answer.status, answer.body["response_code"]) == (400, "INVALID_PARAMETER")
    assert answer.body["response_message"] == f"the route has no query parameter 'refersh'; {takes}"


@pytest.mark.parametrize("path", ["/v1/transfers", "/v1/account-inquiries", "/v1/transfers/PAY-0001/status-checks"])
def test_a_write_with_a_query_parameter_does_nothing(world: World, path: str) -> None:
    before = world.doku.ledger()["requests"]
    answer = world.request("POST", path, order(), query={"dryRun": "true"})
    assert (answer.status, answer.body["response_code"]) == (400, "INVALID_PARAMETER")
    assert answer.body["response_message"] == "the route has no query parameter 'dryRun'; it takes none"
    assert world.doku.ledger()["requests"] == before


def test_unknown_resources_are_answered_in_dokus_format(world: World) -> None:
    for answer, status, code in (
        (world.get("NOT-THERE"), 404, "TRANSACTION_NOT_FOUND"),
        (world.request("GET", "/v1/nothing"), 404, "INVALID_PARAMETER"),
        (world.request("DELETE", "/v1/transfers"), 405, "INVALID_PARAMETER"),
    ):
        assert answer.status == status
        assert answer.body["status"] == "FAILED"
        assert answer.body["response_code"] == code
        assert answer.body["request_id"]
        assert answer.body["retryable"] is False


def test_a_refused_inquiry_answers_with_the_transfer_of_a_copy(world: World) -> None:
    """The other copy of the request paid while this one asked the bank: "nothing was sent" would be wrong."""
    body = order()
    world.create(order())
    other = world.restarted()

    def paid_by_the_other_copy() -> None:
        assert other.create(body).status == 201
        world.doku.fault("inquiry", "maintenance")

    world.faults.after["GetItem"] = [paid_by_the_other_copy]
    answer = world.create(body)
    assert (answer.status, answer.headers.get("Idempotency-Replayed")) == (201, "true")
    assert len(world.debits(body["partnerReferenceNo"])) == 1


@pytest.mark.covers("I8")
def test_a_lowered_limit_does_not_hide_a_transfer(world: World) -> None:
    """Told that the amount is too large, a merchant would split it under new references and pay twice."""
    body = order(amount={"value": "200000.00", "currency": "IDR"})
    assert world.create(body).status == 201
    lowered = replace(world, environment={**world.environment, "MAX_AMOUNT": "100000.00"}).restarted()
    replay = lowered.create(body)
    assert (replay.status, replay.headers["Idempotency-Replayed"]) == (201, "true")
    assert lowered.create(order(amount={"value": "200000.00", "currency": "IDR"})).status == 422
