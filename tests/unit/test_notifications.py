"""DOKU's notifications are read leniently; anything else is refused."""

import json
from typing import Any

import pytest

from payouts.doku.notifications import Kind, Notification, parse
from tests.support.doku_samples import sample

UNPAID, REFUND = sample("unpaid-notification"), sample("refund-notification")


def unpaid(**changes: Any) -> Notification:
    return parse(Kind.UNPAID, json.dumps({**json.loads(UNPAID), **changes}).encode())


def test_dokus_sample_of_an_unpaid_notification() -> None:
    read = parse(Kind.UNPAID, UNPAID.encode())
    assert read == Notification(Kind.UNPAID, "DK0018353", "text", "50", "Transaction is Success", "I088787987870912")


def test_dokus_sample_of_a_refund_notification() -> None:
    read = parse(Kind.REFUND, REFUND.encode())
    assert read == Notification(Kind.REFUND, "DK0018353", "", "", "Transaction is Refunded")


@pytest.mark.parametrize(
    "when",
    [
        "2024-01-12T07:30:12",
        "2024-01-12'T'07:30:12",
        "1705019412000",
        1705019412000,
        "",
        "yesterday",
        None,
        {},
        [1],
        1.5,
        True,
    ],
)
def test_dates_in_any_form_decide_nothing(when: Any) -> None:
    """Legacy notifications have epoch milliseconds, DOKU's sample apostrophes around the T."""
    assert unpaid(processDate=when, createdTime=when) == parse(Kind.UNPAID, UNPAID.encode())


@pytest.mark.parametrize("status", ["50", 50])
def test_a_status_may_be_a_number(status: Any) -> None:
    assert unpaid(transactionStatus=status).transaction_status == "50"


def test_a_reference_may_be_a_number() -> None:
    assert unpaid(transactionId=18353, sendTrxId=7).transaction_id == "18353"
    assert unpaid(transactionId=18353, sendTrxId=7).send_trx_id == "7"


@pytest.mark.parametrize(
    "value", [None, "", True, False, 1.5, [], ["DK0018353"], {}, {"id": "DK0018353"}, "D" * 65, 10**64, -(10**64)]
)
def test_a_notification_needs_a_transaction_id(value: Any) -> None:
    with pytest.raises(ValueError, match="transactionId is missing or too long"):
        unpaid(transactionId=value)
    with pytest.raises(ValueError, match="transactionId is missing or too long"):
        parse(Kind.REFUND, json.dumps({"transactionId": value}).encode())


def test_the_longest_transaction_id_that_is_read() -> None:
    assert unpaid(transactionId="D" * 64).transaction_id == "D" * 64


@pytest.mark.parametrize("character", ["\n", "\r", "\0", "\t", "\x7f", "\u2028", "\u202e", "\ud800"])
def test_characters_that_print_nothing_make_no_reference(character: str) -> None:
    """Neither a log line nor a table key has a line break or a lone surrogate in it."""
    with pytest.raises(ValueError, match="transactionId is missing or too long"):
        unpaid(transactionId=f"DK{character}18353")
    read = unpaid(sendTrxId=f"PAY{character}1", transactionStatus=f"5{character}0", message=f"Paid{character}")
    assert (read.send_trx_id, read.transaction_status, read.message) == ("", "", "")


@pytest.mark.parametrize("value", [None, True, 1.5, [], {}, "x" * 65, 10**20])
def test_malformed_optional_fields_are_ignored(value: Any) -> None:
    read = unpaid(sendTrxId=value, transactionStatus=value, message=value, invoiceNumber=value)
    assert read == Notification(Kind.UNPAID, "DK0018353")


def test_the_reason_of_a_refusal_shows_nothing_of_the_body() -> None:
    for body in (b'{"name": "SUHUT', b'\xff{"name": "SUHUT"}', b'{"name": "SUHUT"}'):
        with pytest.raises(ValueError, match=r"the body|transactionId") as refused:
            parse(Kind.UNPAID, body)
        assert "SUHUT" not in str(refused.value)
        assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.covers(39)
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 4300, "9" * 21, "-0"])
def test_numbers_beyond_all_measure_are_ignored(number: str) -> None:
    body = UNPAID.replace('"1699520040340"', number).replace('"50"', number).replace('"text"', number)
    read = parse(Kind.UNPAID, body.encode())
    assert (read.transaction_id, read.transaction_status) == ("DK0018353", "0" if number == "-0" else "")


@pytest.mark.covers(39)
def test_of_duplicate_keys_the_last_one_counts() -> None:
    read = parse(Kind.REFUND, b'{"transactionId": "DK1", "transactionId": "DK2", "message": "a", "message": null}')
    assert (read.transaction_id, read.message) == ("DK2", "")


@pytest.mark.covers(39)
def test_emoji_are_text() -> None:
    raw = parse(Kind.UNPAID, UNPAID.replace("Success", "\U0001f600").encode())
    escaped = parse(Kind.UNPAID, UNPAID.replace("Success", "\\ud83d\\ude00").encode())
    assert raw.message == escaped.message == "Transaction is \U0001f600"


def test_unknown_fields_are_ignored() -> None:
    assert unpaid(additionalInfo={"a": [1, {"b": None}]}, status="SUCCESS", transactionid="DK9") == unpaid()
