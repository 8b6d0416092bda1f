"""DOKU's callbacks: when they come, what they say, how they are signed, and how they can go wrong."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local.doku_simulator.control import ControlError
from local.doku_simulator.notifications import is_right_reply, sign
from tests.support.merchant import Json, Merchant, code, merchant_of

UNPAID_ACCOUNT, REFUND_ACCOUNT = "9912345001", "7746555134"


@dataclass
class Receiver:
    """A merchant's callback endpoint: keeps what it got, answers `status` and the exact body changed by `reply`."""

    url: str = ""
    got: list[Json] = field(default_factory=list)
    status: int = 200
    reply: Json = field(default_factory=dict)
    on_receive: Any = None

    def statuses(self) -> list[str]:
        return [notification["body"].get("transactionStatus", "refund") for notification in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.got.append({"path": self.path, "headers": dict(self.headers), "body": body})
            if receiver.on_receive is not None:
                receiver.on_receive()
            right = {"status": True, "transactionId": body["transactionId"], "responseCode": "00"}
            sent = json.dumps({**right, "responseMessage": "ok", **receiver.reply}).encode()
            self.send_response(receiver.status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/notifications/kirim-doku"
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def doku(tmp_path: Path, receiver: Receiver) -> Iterator[Merchant]:
    with merchant_of(tmp_path, notification_url=receiver.url, token_seconds=10**9) as merchant:
        yield merchant


def outcomes(doku: Merchant) -> list[str]:
    return [notification["outcome"] for notification in doku.control.ledger()["notifications"]]


def test_the_end_of_unpaid_is_announced_as_in_the_seed(doku: Merchant, receiver: Receiver) -> None:
    sent = doku.pay("PAY-1", UNPAID_ACCOUNT).json()
    assert receiver.got == []
    doku.control.advance(300)
    (got,) = receiver.got
    assert got["path"] == "/notifications/kirim-doku/unpaid"
    body = got["body"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d'T'\d\d:\d\d:\d\d", body["processDate"])
    assert re.fullmatch(r"\d{13}", body["createdTime"])
    assert body == {
        "sendTrxId": "PAY-1",
        "transactionId": sent["referenceNo"],
        "invoiceNumber": sent["additionalInfo"]["sessionId"],
        "transactionStatus": "50",
        "activityCode": "200",
        "message": "Transaction is Success",
        "processDate": body["processDate"],
        "createdTime": body["createdTime"],
    }
    assert outcomes(doku) == ["delivered"]


def test_a_failure_is_announced(doku: Merchant, receiver: Receiver) -> None:
    doku.pay("PAY-1", UNPAID_ACCOUNT, "002")
    doku.control.advance(2 * 3600)
    body = receiver.got[0]["body"]
    assert (body["transactionStatus"], body["message"]) == ("35", "Transaction is Failed")


def test_a_refund_is_announced_without_reference_and_status(doku: Merchant, receiver: Receiver) -> None:
    sent = doku.pay("PAY-1", REFUND_ACCOUNT).json()
    doku.control.advance(301)
    (got,) = receiver.got
    assert got["path"] == "/notifications/kirim-doku/refund"
    assert got["body"] == {
        "transactionId": sent["referenceNo"],
        "activityCode": "200",
        "message": "Transaction is Refunded",
        "processDate": got["body"]["processDate"],
    }


def test_a_transfer_paid_at_once_is_not_announced(doku: Merchant, receiver: Receiver) -> None:
    doku.pay("PAY-1")
    doku.control.advance(86400)
    assert receiver.got == []


@pytest.mark.parametrize("mode", ["aes-ecb", "hmac-sha512"])
def test_a_notification_is_signed_over_agent_key_and_request_id(doku: Merchant, receiver: Receiver, mode: str) -> None:
    doku.control.settings(notification_signature=mode)
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    doku.control.advance(300)
    headers = receiver.got[0]["headers"]
    assert headers["agentKey"] == "A41418"
    assert headers["signature"] == sign(doku.simulator.world.settings, headers["requestId"])
    assert headers["Content-Type"] == "application/json"


def test_notifications_come_in_the_order_they_are_due(doku: Merchant, receiver: Receiver) -> None:
    doku.pay("PAY-1", UNPAID_ACCOUNT, "002")
    doku.pay("PAY-2", REFUND_ACCOUNT)
    doku.pay("PAY-3", UNPAID_ACCOUNT)
    begun = doku.clock()
    doku.control.advance(3 * 3600)
    due = [n["due"] for n in doku.control.ledger()["notifications"]]
    assert due == sorted(due)
    assert set(receiver.statuses()) == {"35", "refund", "50"}
    assert receiver.statuses().index("50") < receiver.statuses().index("refund")
    assert all(moment > begun - 1 for moment in due)


@pytest.mark.parametrize(
    "reply",
    [
        {"status": "true"},
        {"status": False},
        {"transactionId": "DK00000000"},
        {"responseCode": "01"},
        {"responseCode": 0},
        {"responseMessage": None},
        {"more": 1},
    ],
)
def test_only_the_exact_reply_counts(reply: Json) -> None:
    right: Json = {"status": True, "transactionId": "DK1", "responseCode": "00", "responseMessage": "whatever"}
    assert is_right_reply(200, right, "DK1")
    assert not is_right_reply(201, right, "DK1")
    assert not is_right_reply(200, right | reply, "DK1")
    assert not is_right_reply(200, [right], "DK1")


def test_a_wrong_reply_is_tried_again_after_30_minutes_and_6_hours_and_then_given_up(
    doku: Merchant, receiver: Receiver
) -> None:
    receiver.reply = {"responseCode": "01"}
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    tries = []
    for seconds in (300, 1500, 300, 19_500, 300, 10**6):
        doku.control.advance(seconds)
        tries.append(len(receiver.got))
    assert tries == [1, 1, 2, 2, 3, 3]
    assert outcomes(doku) == ["failed"]
    assert len({got["headers"]["requestId"] for got in receiver.got}) == 1


def test_retries_end_with_the_right_reply(doku: Merchant, receiver: Receiver) -> None:
    receiver.status = 503
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    doku.control.advance(300)
    receiver.status = 200
    doku.control.advance(86400)
    assert (len(receiver.got), outcomes(doku)) == (2, ["delivered"])


def test_one_long_advance_delivers_all_retries(doku: Merchant, receiver: Receiver) -> None:
    receiver.status = 500
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    doku.control.advance(86400)
    attempts = doku.control.ledger()["notifications"][0]["attempts"]
    assert [attempt["httpStatus"] for attempt in attempts] == [500, 500, 500]


def test_nobody_listening_is_a_try_that_failed(tmp_path: Path) -> None:
    with socket.socket() as bound:  # has a port, but does not listen
        bound.bind(("127.0.0.1", 0))
        with merchant_of(tmp_path, notification_url=f"http://127.0.0.1:{bound.getsockname()[1]}") as doku:
            doku.pay("PAY-1", UNPAID_ACCOUNT)
            doku.control.advance(300)
            (notification,) = doku.control.ledger()["notifications"]
    assert notification["attempts"][0]["httpStatus"] is None
    assert notification["outcome"] == "due"


def test_without_a_url_nothing_is_sent_but_what_is_due_is_recorded(tmp_path: Path) -> None:
    with merchant_of(tmp_path) as doku:
        doku.pay("PAY-1", UNPAID_ACCOUNT)
        doku.control.advance(300)
        assert [n["attempts"] for n in doku.control.ledger()["notifications"]] == [[]]


def test_the_receiver_may_ask_for_the_status_before_it_replies(doku: Merchant, receiver: Receiver) -> None:
    seen: list[str] = []
    receiver.on_receive = lambda: seen.append(doku.state("PAY-1"))
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    doku.control.advance(300)
    assert seen == ["00"]


def test_the_ticker_delivers_without_being_asked(tmp_path: Path, receiver: Receiver) -> None:
    arrived = threading.Event()
    receiver.on_receive = arrived.set
    with merchant_of(tmp_path, notification_url=receiver.url, ticker=True) as doku:
        doku.pay("PAY-1", UNPAID_ACCOUNT)
        doku.clock.advance(300)
        assert arrived.wait(5)


def test_duplicated(doku: Merchant, receiver: Receiver) -> None:
    doku.control.fault("notification", "duplicate", copies=3)
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    doku.control.advance(300)
    assert receiver.statuses() == ["50"] * 4
    assert len({got["headers"]["requestId"] for got in receiver.got}) == 1


def test_reversed(doku: Merchant, receiver: Receiver) -> None:
    doku.control.fault("notification", "reversed")
    for reference in ("PAY-1", "PAY-2", "PAY-3"):
        doku.pay(reference, UNPAID_ACCOUNT)
    doku.control.advance(300)
    assert [got["body"]["sendTrxId"] for got in receiver.got] == ["PAY-3", "PAY-2", "PAY-1"]


def test_delayed(doku: Merchant, receiver: Receiver) -> None:
    doku.control.fault("notification", "delayed", seconds=3600)
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    doku.control.advance(300)
    assert (receiver.got, doku.state("PAY-1")) == ([], "00")
    doku.control.advance(3600)
    assert receiver.statuses() == ["50"]


def test_delayed_always_still_arrives_once(doku: Merchant, receiver: Receiver) -> None:
    doku.control.fault("notification", "delayed", seconds=60, times=None)
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    doku.control.advance(86400)
    assert receiver.statuses() == ["50"]


def test_forged(doku: Merchant, receiver: Receiver) -> None:
    doku.control.fault("notification", "forged")
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    doku.control.advance(300)
    headers = receiver.got[0]["headers"]
    assert headers["signature"] != sign(doku.simulator.world.settings, headers["requestId"])


def test_altered(doku: Merchant, receiver: Receiver) -> None:
    doku.control.fault("notification", "altered")
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    doku.control.advance(300)
    assert (receiver.statuses(), doku.state("PAY-1")) == (["35"], "00")


def test_dropped(doku: Merchant, receiver: Receiver) -> None:
    doku.control.fault("notification", "dropped", partnerReferenceNo="PAY-1")
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    doku.pay("PAY-2", UNPAID_ACCOUNT)
    doku.control.advance(86400)
    assert [got["body"]["sendTrxId"] for got in receiver.got] == ["PAY-2"]
    assert outcomes(doku) == ["dropped", "delivered"]


def test_sent_again_on_demand(doku: Merchant, receiver: Receiver) -> None:
    sent = doku.pay("PAY-1", REFUND_ACCOUNT).json()
    doku.control.advance(301)
    doku.control.send_notification("refund", transactionId=sent["referenceNo"], times=2)
    doku.control.send_notification("refund", partnerReferenceNo="PAY-1")
    assert [got["body"]["transactionId"] for got in receiver.got] == [sent["referenceNo"]] * 4


def test_crafted_on_demand(doku: Merchant, receiver: Receiver) -> None:
    doku.pay("PAY-1")
    (attempt,) = doku.control.send_notification(
        "unpaid", partnerReferenceNo="PAY-1", overrides={"transactionStatus": "35"}, signature="", requestId="R-1"
    )
    assert attempt["accepted"]
    (got,) = receiver.got
    assert (got["body"]["transactionStatus"], got["headers"]["signature"], got["headers"]["requestId"]) == (
        *("35", "", "R-1"),
    )


def test_about_a_transfer_that_never_was(doku: Merchant, receiver: Receiver) -> None:
    doku.control.send_notification("unpaid", transactionId="DK99999999")
    assert receiver.got[0]["body"]["transactionId"] == "DK99999999"


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({"kind": "paid", "transactionId": "DK1"}, "unpaid or refund"),
        ({"kind": "refund"}, "transactionId or partnerReferenceNo"),
        ({"kind": "refund", "transactionId": "DK1", "times": 0}, "times"),
        ({"kind": "refund", "transactionId": "DK1", "overrides": []}, "overrides"),
        ({"kind": "refund", "transactionId": "DK1", "color": "red"}, "color"),
    ],
)
def test_an_order_that_cannot_be_is_refused(doku: Merchant, order: Json, message: str) -> None:
    with pytest.raises(ControlError, match=message):
        doku.control.send_notification(**order)


def test_the_amount_is_back_before_the_refund_is_announced(doku: Merchant, receiver: Receiver) -> None:
    balances: list[str] = []
    receiver.on_receive = lambda: balances.append(doku.balance().json()["accountInfos"]["avaliableBalance"]["value"])
    assert code(doku.pay("PAY-1", REFUND_ACCOUNT)) == "2004300"
    doku.control.advance(301)
    assert balances == ["999995500.00"]
