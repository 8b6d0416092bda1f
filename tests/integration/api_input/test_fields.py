"""A field of the wrong form is refused by name; nothing is stored or sent (I7)."""

import json
from typing import Any

import pytest

from payouts.doku.fields import OF_A_ROW
from tests.integration.api_input.requests import (
    BAD_FIELDS,
    INVALID,
    LINE_BREAKS,
    REQUIRED,
    WRONG,
    assert_nothing_was_asked,
    assert_refused,
    assert_untouched,
    dumps,
    inquiry,
    refused_by_both,
    send,
)
from tests.support.harness import World, order
from transfer_api.requests import CreateTransfer


def test_a_missing_field_is_named(idle: World) -> None:
    for field in REQUIRED:
        for answer in refused_by_both(idle, **{field: None}):
            assert_refused(answer, INVALID, [f"{field} is required"])
    for field in ("value", "currency"):
        amount = {"value": "200000.00", "currency": "IDR"}
        del amount[field]
        for answer in refused_by_both(idle, amount=amount):
            assert_refused(answer, INVALID, [f"amount.{field} is required"])
    assert_untouched(idle)


def test_without_a_session_the_account_name_is_required(idle: World) -> None:
    answer = send(idle, dumps(beneficiaryAccountName=None))
    assert_refused(answer, INVALID, ["beneficiaryAccountName is required"])
    assert_untouched(idle)


BAD_VALUES = ["", "0", "1e5.00", "200000", "-1.00", "+200000.00", "NaN", "200.000,00", " 200000.00", "200000.00\n"]
"""Some of the forms that tests/property/test_money.py refuses."""


@pytest.mark.covers(56)
def test_an_amount_that_is_not_the_wire_form_is_refused(idle: World) -> None:
    for value in BAD_VALUES:
        for answer in refused_by_both(idle, amount={"value": value, "currency": "IDR"}):
            shown = [] if value in "200000.00" else [value]
            assert_refused(answer, WRONG, ["amount.value"], shown, case=value)
    numbers: list[Any] = [200000, 200000.0, 0, -1, 1e5, True, False, [], {}, ["200000.00"], {"value": "200000.00"}]
    for number in numbers:
        for answer in refused_by_both(idle, amount={"value": number, "currency": "IDR"}):
            assert_refused(answer, WRONG, ["amount.value"], case=number)
    assert_untouched(idle)


@pytest.mark.covers(56)
def test_an_amount_that_is_no_amount_is_refused(idle: World) -> None:
    for amount in ("200000.00", 200000, 200000.00, True, [], ["200000.00", "IDR"], [{"value": "200000.00"}]):
        assert_refused(send(idle, dumps(amount=amount)), WRONG, ["amount"], case=amount)
    currencies: list[Any] = ["", "idr", "USD", "IDR ", "IDR\n", 360, True, []]
    for currency in currencies:
        answer = send(idle, dumps(amount={"value": "200000.00", "currency": currency}))
        assert_refused(answer, WRONG, ["amount.currency"], case=currency)
    answer = send(idle, dumps(amount={"value": "200000.00", "currency": "IDR", "exponent": 2}))
    assert_refused(answer, WRONG, ["amount.exponent"])
    raw = dumps().replace('"200000.00"', "200000.00")
    assert_refused(send(idle, raw), WRONG, ["amount.value"])
    assert_untouched(idle)


@pytest.mark.covers(56)
def test_amounts_outside_the_limits_are_refused(idle: World) -> None:
    for value in ("0.00", "9999.00", "250000001.00", "9999999999999999.00"):
        for answer in refused_by_both(idle, amount={"value": value, "currency": "IDR"}):
            assert_refused(answer, WRONG, ["amount.value", "10000.00", "250000000.00"], case=value)
    assert set(idle.faults.calls) == {"GetItem"}, "a transfer that exists would be the answer"
    assert_nothing_was_asked(idle)


@pytest.mark.covers(56)
def test_sen_are_refused_by_inquiry_and_transfer_alike(idle: World) -> None:
    """The console takes whole rupiah only, and so does the API."""
    for value in ("200000.50", "200000.01", "0.01", "9999.99", "250000000.01", "9999999999999999.99"):
        for answer in refused_by_both(idle, amount={"value": value, "currency": "IDR"}):
            assert_refused(answer, WRONG, ["amount.value", "whole rupiah", "sen"], [value], case=value)
    assert_untouched(idle)


@pytest.mark.covers("I7")
def test_amounts_at_the_limits_are_paid_exactly(world: World) -> None:
    world.doku.deposit("999999999.00")
    for value in ("10000.00", "250000000.00"):
        body = order(amount={"value": value, "currency": "IDR"})
        assert send(world, json.dumps(body)).body["status"] == "ACCEPTED"
        assert [sent["amount"] for sent in world.sent(body["partnerReferenceNo"])] == [value]


def test_every_field_has_malformed_values() -> None:
    """A new field needs an entry in BAD_FIELDS. The reference has one in test_keys, the amount BAD_VALUES."""
    fields = {field.alias for field in CreateTransfer.model_fields.values()}
    assert fields == BAD_FIELDS.keys() | {"partnerReferenceNo", "amount"}


def test_a_row_of_a_batch_has_the_fields_of_a_transfer() -> None:
    """But the session: the batch makes an inquiry of its own for each row."""
    assert {"amount", *OF_A_ROW} == CreateTransfer.model_fields.keys() - {"session_id"}


@pytest.mark.covers(57)
def test_a_malformed_field_is_named_without_its_value(idle: World) -> None:
    for field, values in BAD_FIELDS.items():
        for value in values:
            body = json.dumps({**order(), field: value})
            kind = INVALID if value is None else WRONG
            assert_refused(send(idle, body), None if value is None else kind, [field], [value], case=(field, value))
    assert_untouched(idle)


@pytest.mark.covers(58)
def test_fields_take_printable_ascii_only(idle: World) -> None:
    sample = {**order(), **{field: "07" for field in BAD_FIELDS if field not in order()}}
    for field, good in sample.items():
        for tail in LINE_BREAKS:
            value = {**good, "value": good["value"] + tail} if field == "amount" else good + tail
            for body in (
                json.dumps({**order(), field: value}),
                json.dumps({**order(**{field: None}), "additionalInfo": {field: value}}),
            ):
                assert_refused(send(idle, body), WRONG, [field], [tail], case=(field, tail))
    assert_untouched(idle)


@pytest.mark.covers(57)
def test_a_bank_that_is_not_in_our_list_is_left_to_doku(world: World) -> None:
    """The list is a hint for people and never a gate."""
    for bank in ("ZZZ", "947", "GOPAY", "000"):
        body = order(beneficiaryBankCode=bank)
        world.doku.account(bank, body["beneficiaryAccountNumber"], "SUHUT")
        assert send(world, json.dumps(body)).body["status"] == "ACCEPTED", bank
        assert [sent["beneficiaryBankCode"] for sent in world.sent(body["partnerReferenceNo"])] == [bank]


def test_the_longest_account_number_is_taken(world: World) -> None:
    body = order(beneficiaryAccountNumber="8" * 32)
    assert send(world, json.dumps(body)).body["status"] == "ACCEPTED"
    assert [sent["beneficiaryAccountNumber"] for sent in world.sent(body["partnerReferenceNo"])] == ["8" * 32]


@pytest.mark.covers(59)
def test_what_only_we_or_doku_may_say_is_refused(idle: World) -> None:
    fields = ("status", "id", "history", "version", "createdAt", "nextCheckAt", "externalId", "X-EXTERNAL-ID")
    for field in (*fields, "referenceNo", "fee", "fingerprint", "intent", "partner_reference_no", "", "__class__"):
        for value in ("SUCCESS", None, 1, {"value": "SUCCESS"}):
            for body in ({**order(), field: value}, {**order(), "additionalInfo": {field: value}}):
                named = f"{field} is not a field of this request"
                assert_refused(send(idle, json.dumps(body)), WRONG, [named], ["SUCCESS"], case=(field, value))
    assert_untouched(idle)


def test_contradicting_additional_info_is_refused(idle: World) -> None:
    for value in ("", "x", 1, 0, True, False, [], [{"remark": "x"}]):
        answer = send(idle, json.dumps({**order(), "additionalInfo": value}))
        assert_refused(answer, WRONG, ["additionalInfo must be an object"], case=value)
    for field, value in (("remark", "Another"), ("beneficiaryAccountName", "ANOTHER"), ("customerNumber", 1)):
        answer = send(idle, json.dumps({**order(), "additionalInfo": {field: value}}))
        assert_refused(answer, WRONG, [field, "twice"], ["Another", "ANOTHER", "Remark test", "SUHUT"], case=field)
    nested = {**order(), "additionalInfo": {"additionalInfo": {"remark": "x"}}}
    assert_refused(send(idle, json.dumps(nested)), WRONG, ["additionalInfo"])
    assert_untouched(idle)


def test_an_inquiry_checks_the_same_fields(idle: World) -> None:
    for field in ("customerNumber", "beneficiaryAccountNumber", "beneficiaryBankCode", "beneficiaryAccountName"):
        for value in BAD_FIELDS[field]:
            body = json.dumps({**inquiry(), field: value})
            assert_refused(send(idle, body, path="/v1/account-inquiries"), WRONG, [field], [value], case=(field, value))
    for field in ("sessionId", "status", "remark"):
        answer = send(idle, json.dumps(inquiry(**{field: "I1"})), path="/v1/account-inquiries")
        assert_refused(answer, WRONG, [f"{field} is not a field"], case=field)
    assert_untouched(idle)
