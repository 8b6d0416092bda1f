"""DOKU's answers: its samples, what was seen live, and malformed ones."""

import copy
import json
from typing import Any

import pytest

from payouts.doku import responses
from payouts.doku.outcomes import Outcome, Service
from payouts.doku.responses import DokuResponse
from payouts.doku.transport import HttpResponse
from payouts.domain.money import Rupiah
from tests.support.doku_samples import sample

INQUIRY, BALANCE = sample("inquiry-response").encode(), sample("balance-response").encode()
AVAILABLE = Rupiah(82_378_144_213)
ANYTHING: list[Any] = [None, True, 1, 1.5, float("nan"), "", "x", [], [None], {}, {"value": None}, [[{}]]]


def read(service: Service, body: Any) -> DokuResponse:
    return responses.read(service, HttpResponse(200, body if isinstance(body, bytes) else json.dumps(body).encode()))


def changed(sample: bytes, path: str, value: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(sample)
    *parents, last = path.split(".")
    target = body
    for parent in parents:
        target = target[parent]
    target[last] = copy.deepcopy(value)
    return body


def test_dokus_sample_of_an_inquiry_is_read() -> None:
    answer = read(Service.INQUIRY, INQUIRY)
    assert (answer.outcome, answer.verdict.code) == (Outcome.ACCEPTED, "2004200")
    found = responses.inquiry(answer)
    assert found is not None
    assert (found.session_id, found.reference_no) == ("I0438729855304540", "I0438729855304540")
    assert (found.account_name, found.bank_name) == ("SUHUT", "Bank Central Asia BCA")
    assert found.fee == Rupiah(450_000)
    assert found.additional["referenceNumber"] == "c5fe5465-0843-4ac7-9c93-57cb2c5ef6b2"


@pytest.mark.parametrize("member", ["sessionId", "beneficiaryAccountName"])
@pytest.mark.parametrize("value", ["", None, True, [], {}, 1.5, 7])
def test_an_inquiry_without_a_session_or_a_name_is_none_at_all(member: str, value: Any) -> None:
    assert responses.inquiry(read(Service.INQUIRY, changed(INQUIRY, member, value))) is None
    without = json.loads(INQUIRY)
    del without[member]
    assert responses.inquiry(read(Service.INQUIRY, without)) is None


def test_a_fee_that_doku_does_not_state_is_not_invented() -> None:
    for value in (*ANYTHING, "4500", "4,500.00", "-1.00", {"value": "4500.00", "currency": "USD"}):
        found = responses.inquiry(read(Service.INQUIRY, changed(INQUIRY, "additionalInfo.feeAmount", value)))
        assert found is not None
        assert found.fee is None
    as_amount = changed(INQUIRY, "additionalInfo.feeAmount", {"value": "4500.00", "currency": "IDR"})
    found = responses.inquiry(read(Service.INQUIRY, as_amount))
    assert found is not None
    assert found.fee == Rupiah(450_000)


@pytest.mark.parametrize("value", ANYTHING, ids=repr)
def test_fields_of_other_types_do_not_break_an_inquiry(value: Any) -> None:
    for member in json.loads(INQUIRY):
        if member not in ("responseCode", "sessionId", "beneficiaryAccountName"):
            found = responses.inquiry(read(Service.INQUIRY, changed(INQUIRY, member, value)))
            assert found is not None
            assert found.session_id == "I0438729855304540"


def test_unknown_fields_of_an_answer_are_kept() -> None:
    answer = read(Service.INQUIRY, changed(INQUIRY, "additionalInfo.new", {"a": 1}))
    assert answer.body["additionalInfo"]["new"] == {"a": 1}
    found = responses.inquiry(answer)
    assert found is not None
    assert found.additional["new"] == {"a": 1}


@pytest.mark.covers(14, 19)
@pytest.mark.parametrize(
    "body",
    [
        b'{"responseCode": "2005300", "latestTransactionStatus": "06", "latestTransactionStatus": "00"}',
        b'{"responseCode": "4005300", "responseCode": "2005300"}',
        b'{"responseCode": "2005300", "amount": {"value": "1.00", "value": "2.00"}}',
        b'{"responseCode": "2005300", "x": [{"a": 1, "\\u0061": 1}]}',
    ],
)
@pytest.mark.parametrize("service", [Service.STATUS, Service.TRANSFER, Service.INQUIRY, Service.BALANCE])
def test_a_name_that_comes_twice_makes_an_answer_unreadable(service: Service, body: bytes) -> None:
    answer = read(service, body.replace(b"5300", f"{service}00".encode()))
    assert (answer.outcome, answer.body) == (Outcome.IN_DOUBT, {})


def test_an_answer_in_both_envelopes_is_in_doubt() -> None:
    both = {"responseCode": "2004300", "response_code": "INVALID_PARAMETER"}
    assert read(Service.TRANSFER, both).outcome is Outcome.IN_DOUBT


def assert_balance(answer: DokuResponse) -> None:
    deposit = responses.balance(answer)
    assert (deposit.account_no, deposit.name) == ("A41879", "Simulator Indo Agent")
    assert (deposit.available, deposit.held) == (AVAILABLE, Rupiah(0))
    assert deposit.alert_limit == Rupiah(6_500_000)


def test_dokus_sample_of_a_balance_is_read() -> None:
    answer = read(Service.BALANCE, BALANCE)
    assert answer.outcome is Outcome.ACCEPTED
    assert_balance(answer)


def test_the_balance_as_it_was_seen_live_is_read() -> None:
    """A list, and the right spelling (docs/doku-protocol.md)."""
    account = json.loads(BALANCE)["accountInfos"]
    account["availableBalance"] = account.pop("avaliableBalance")
    assert_balance(read(Service.BALANCE, changed(BALANCE, "accountInfos", [account])))


def test_the_two_shapes_of_the_balance_may_be_mixed() -> None:
    account = json.loads(BALANCE)["accountInfos"]
    assert_balance(read(Service.BALANCE, changed(BALANCE, "accountInfos", [account])))
    account["availableBalance"] = account.pop("avaliableBalance")
    assert_balance(read(Service.BALANCE, changed(BALANCE, "accountInfos", account)))


@pytest.mark.parametrize("value", ANYTHING, ids=repr)
def test_a_balance_that_doku_omits_is_none(value: Any) -> None:
    deposit = responses.balance(read(Service.BALANCE, changed(BALANCE, "accountInfos", value)))
    assert (deposit.available, deposit.held) == (None, None)
    assert deposit.alert_limit == Rupiah(6_500_000)
    for member in ("holdAmount", "avaliableBalance"):
        deposit = responses.balance(read(Service.BALANCE, changed(BALANCE, f"accountInfos.{member}", value)))
        assert None in (deposit.available, deposit.held)
    assert responses.balance(read(Service.BALANCE, changed(BALANCE, "additionalInfo", value))).alert_limit is None


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ({"value": "200000.00", "currency": "IDR"}, Rupiah(20_000_000)),
        ({"value": "200000.00"}, Rupiah(20_000_000)),
        ("200000.00", Rupiah(20_000_000)),
        ({"value": "200000.00", "currency": "USD"}, None),
        ({"value": "200000.00", "currency": None}, None),
        ({"value": {"value": "200000.00"}}, None),
        ({"value": 200000.0, "currency": "IDR"}, None),
        ({"value": "200,000.00", "currency": "IDR"}, None),
        (200000, None),
        (200000.0, None),
        (True, None),
    ],
    ids=repr,
)
def test_an_amount_is_read_exactly_or_not_at_all(value: Any, amount: Rupiah | None) -> None:
    assert responses.rupiah(value) == amount
