"""The sandbox's rules: the outcome of a transfer and its time, by the simulator's clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.doku_simulator.clock_formats import parse_iso
from local.doku_simulator.transfers import State, destiny
from tests.support.merchant import Merchant, code, merchant_of

UNPAID_ACCOUNT, REFUND_ACCOUNT = "9912345001", "7746555134"
NOON = parse_iso("2024-09-17T12:30:00+07:00")


@pytest.fixture
def doku(tmp_path: Path) -> Iterator[Merchant]:
    with merchant_of(tmp_path, token_seconds=10**9) as merchant:
        yield merchant


def test_an_ordinary_transfer_is_paid_at_once(doku: Merchant) -> None:
    assert code(doku.pay("PAY-1")) == "2004300"
    assert doku.state("PAY-1") == "00"


def test_an_account_with_12345_is_paid_in_five_minutes(doku: Merchant) -> None:
    assert code(doku.pay("PAY-1", UNPAID_ACCOUNT)) == "2024300"
    assert doku.state("PAY-1") == "03"
    assert "cashInTime" not in doku.status("PAY-1").json()["additionalInfo"]
    doku.control.advance(230)
    assert doku.state("PAY-1") == "03"
    doku.control.advance(15)
    assert doku.state("PAY-1") == "00"


def test_bank_002_with_12345_fails_at_the_next_odd_hour(doku: Merchant) -> None:
    doku.pay("PAY-1", UNPAID_ACCOUNT, "002")
    assert doku.state("PAY-1") == "03"
    doku.control.advance(2 * 3600)
    assert doku.state("PAY-1") == "06"
    ledger = doku.control.ledger()
    assert ledger["deposit"] == "999995500.00"  # the fee is kept
    assert ledger["debits"][0]["returned"] is True


@pytest.mark.parametrize(
    ("account", "bank", "channel", "states"),
    [
        (UNPAID_ACCOUNT, "014", "", [State.UNPAID, State.PAID]),
        (UNPAID_ACCOUNT, "014", "11", [State.PAID]),
        (UNPAID_ACCOUNT, "002", "11", [State.PAID]),
        ("1234", "002", "07", [State.PAID]),
        (REFUND_ACCOUNT, "002", "11", [State.PAID, State.REFUNDED]),
    ],
)
def test_account_bank_and_channel_decide(account: str, bank: str, channel: str, states: list[State]) -> None:
    assert [change.state for change in destiny(account, bank, channel, NOON)] == states


def test_the_refund_account_is_refunded_in_five_minutes(doku: Merchant) -> None:
    assert code(doku.pay("PAY-1", REFUND_ACCOUNT)) == "2004300"
    assert doku.state("PAY-1") == "00"
    doku.control.advance(299)
    assert doku.state("PAY-1") == "00"
    doku.control.advance(2)
    assert doku.state("PAY-1") == "04"
    assert doku.control.ledger()["deposit"] == "999995500.00"
