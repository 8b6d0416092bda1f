"""A transfer as a DynamoDB item and back, through boto3's own types."""

import calendar
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given, settings
from hypothesis import strategies as st

from payouts.domain.days import day_of
from payouts.domain.money import Rupiah
from payouts.domain.transfer import DokuAccount, Finding, Intent, Observation, Source, Transfer, record
from payouts.store import items

serialize, deserialize = TypeSerializer().serialize, TypeDeserializer().deserialize

REQUIRED = {
    "partner_reference_no",
    "customer_number",
    "beneficiary_account_number",
    "beneficiary_bank_code",
    "session_id",
}
times = st.integers(0, 4_102_444_800_000)  # up to the year 2100
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
maybe = st.one_of(st.just(""), words)
amounts = st.integers(0, 10**18 - 1).map(Rupiah)
observations = st.builds(
    Observation,
    at=times,
    finding=st.sampled_from(Finding),
    source=st.sampled_from([source for source in Source if source is not Source.OPERATOR]),
    code=maybe,
    message=maybe,
    reference_no=maybe,
    external_id=maybe,
    asked=st.integers(0, 10_000),
    details=st.lists(st.tuples(words, words), max_size=2, unique_by=lambda pair: pair[0]).map(tuple),
    extra=st.dictionaries(words.map("newer".__add__), words, max_size=1),
)
settlements = st.builds(
    Observation,
    at=times,
    finding=st.sampled_from([Finding.SUCCESS, Finding.FAILED, Finding.REFUNDED]),
    source=st.just(Source.OPERATOR),
    message=words,
)
intents = st.builds(
    Intent,
    **{
        one.name: amounts if one.name == "amount" else words if one.name in REQUIRED else maybe
        for one in fields(Intent)
    },
)
transfers = st.builds(
    lambda seen, **values: record(Transfer(**values), *seen),
    seen=st.lists(observations | settlements, max_size=4),
    intent=intents,
    fingerprint=words,
    created_at=times,
    external_ids=st.lists(words, min_size=1, max_size=2).map(tuple),
    next_check_at=st.none() | times,
    fee=st.none() | amounts,
    version=st.integers(1, 10_000),
    sent_to=st.none() | st.builds(DokuAccount, words, words, words),
    status_version=st.integers(1, 10_000),
)


def stored(transfer: Transfer) -> dict[str, Any]:
    """The whole item, as the table gives it back."""
    item = {
        **items.fixed(transfer),
        **items.changing(transfer),
        **items.due(transfer, 8),
        "version": transfer.version,
        **({} if transfer.status_version == transfer.version else {"statusVersion": transfer.status_version}),
        "nonce": "00ff",
    }
    return {name: deserialize(serialize(value)) for name, value in item.items()}


def an_item() -> dict[str, Any]:
    intent = Intent("PAY-1", "628115678890", "8377388292", "014", Rupiah(20_000_000), "I0438729855304540")
    seen = Observation(1_000, Finding.SUBMITTING, Source.SUBMIT, external_id="1")
    return stored(record(Transfer(intent, "f", 1_000, ("1",), next_check_at=61_000, version=1), seen))


@pytest.mark.covers("I7")
@settings(max_examples=200, deadline=None)
@given(transfers)
def test_every_transfer_comes_back_as_it_was_stored(transfer: Transfer) -> None:
    assert items.decode(stored(transfer)) == transfer


@pytest.mark.covers(29, "I3")
@settings(max_examples=100, deadline=None)
@given(transfers)
def test_an_item_is_in_the_indexes_of_its_status(transfer: Transfer) -> None:
    item = stored(transfer)
    assert item["pk"] == f"TRANSFER#{transfer.partner_reference_no}"
    assert item["status"] == transfer.status
    assert item.get("referenceNo", "") == transfer.doku_reference_no
    assert item["account"] == transfer.intent.beneficiary_account_number
    assert item["day"] in {items.day_partition(day_of(transfer.created_at), shard) for shard in range(4)}
    assert ("dueShard" in item) == ("nextCheckAt" in item) == (transfer.next_check_at is not None)
    assert transfer.next_check_at is None or item["dueShard"] in {str(number) for number in range(8)}
    assert item["intent"]["amount"] == str(transfer.intent.amount)
    assert "" not in item["intent"].values()
    assert "partner_reference_no" not in item["intent"], "the key holds it"
    assert not {"expiresAt", "ttl"} & item.keys()  # only sessions and tokens have a time to live


@pytest.mark.covers(30)
@pytest.mark.parametrize("schema", [2, 3, 100])
@pytest.mark.parametrize("status", ["SUCCESS", "REVERSED"])
def test_an_item_of_a_newer_schema_is_shown(schema: int, status: str) -> None:
    """Scenario 30. It blocks neither lists nor reports; `TransferStore.update` refuses to change it."""
    newer = {**an_item(), "schema": schema, "status": status, "history": "in another form"}
    shown = items.decode(newer)
    assert (shown.partner_reference_no, shown.newer_status, shown.history) == ("PAY-1", status, ())
    assert shown.intent == items.decode(an_item()).intent


@pytest.mark.covers(30)
def test_what_a_newer_version_observed_survives_a_rewrite() -> None:
    """Scenario 30. Neither an unknown finding nor an unknown field of an observation may be lost."""
    item = an_item()
    newer = {"at": 5, "is": "REVERSED", "by": "LEDGER", "asked": 0, "seq": 2, "ledgerId": {"n": [1]}}
    mixed = {**item, "history": [*item["history"], newer, {**item["history"][0], "channel": "BI-FAST"}]}
    decoded = items.decode(mixed)
    assert items.changing(decoded)["history"] == mixed["history"]
    assert decoded.status is items.decode(item).status
    assert items.changing(record(decoded, Observation(6, Finding.UNPAID, Source.STATUS_CHECK)))["history"][1] == newer


@pytest.mark.covers(30)
def test_unknown_intent_fields_are_ignored() -> None:
    item = an_item()
    other = {**item, "intent": {**item["intent"], "email": "x", "unknownField": {"code": "1"}}, "tags": ["a"]}
    assert items.decode(other) == items.decode(item)


@pytest.mark.covers(30)
def test_missing_intent_fields_are_empty() -> None:
    intent = items.decode(an_item()).intent
    assert (intent.remark, intent.sender_personal_id, intent.fee_type) == ("", "", "")


@settings(max_examples=200, deadline=None)
@given(times)
def test_the_day_is_that_of_jakarta(at: int) -> None:
    expected = datetime.fromtimestamp(at // 1000, UTC) + timedelta(hours=7)
    assert day_of(at) == expected.strftime("%Y-%m-%d")


def test_the_day_changes_at_17_utc() -> None:
    midnight = calendar.timegm((2024, 9, 16, 17, 0, 0)) * 1000
    assert day_of(midnight - 1) == "2024-09-16"
    assert day_of(midnight) == "2024-09-17"
    transfer = replace(items.decode(an_item()), created_at=midnight - 1)
    assert items.fixed(transfer)["day"] == f"2024-09-16#{items.shard('PAY-1', 4)}"


def test_a_transfers_shard_never_changes() -> None:
    assert [items.shard(f"PAY-{number}", 8) for number in range(4)] == ["2", "4", "6", "0"]
    assert items.shard("anything", 1) == "0"
