"""The simulator's notifications: time, content, signature, retries and faults."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.doku_simulator.notifications import is_right_reply, sign
from local.gateway.http_server import HttpServer, Request, Response
from tests.support.merchant import Json, Merchant, code, merchant_of

UNPAID_ACCOUNT, REFUND_ACCOUNT = "9912345001", "7746555134"


@dataclass
class Receiver:
    """A merchant's notification endpoint: keeps what it got, answers the exact body changed by `reply`."""

    got: list[Json] = field(default_factory=list)
    reply: Json = field(default_factory=dict)
    on_receive: Callable[[], object] = lambda: None
    url: str = ""

    def answer(self, request: Request) -> Response:
        body = json.loads(request.data)
        self.got.append({"path": request.path, "headers": request.headers, "body": body})
        self.on_receive()
        right = {"status": True, "transactionId": body["transactionId"], "responseCode": "00", "responseMessage": "ok"}
        return Response(json.dumps({**right, **self.reply}), 200)

    def statuses(self) -> list[str]:
        return [notification["body"].get("transactionStatus", "refund") for notification in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    server = HttpServer(receiver.answer, 0)
    server.start()
    receiver.url = f"{server.url}/notifications/kirim-doku"
    yield receiver
    server.close()


@pytest.fixture
def doku(tmp_path: Path, receiver: Receiver) -> Iterator[Merchant]:
    with merchant_of(tmp_path, notification_url=receiver.url, token_seconds=10**9) as merchant:
        yield merchant


def outcomes(doku: Merchant) -> list[str]:
    return [notification["outcome"] for notification in doku.control.ledger()["notifications"]]


def test_the_end_of_unpaid_is_announced_as_dokus_sample(doku: Merchant, receiver: Receiver) -> None:
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


def test_a_wrong_reply_is_retried_after_30_minutes_and_6_hours(doku: Merchant, receiver: Receiver) -> None:
    receiver.reply = {"responseCode": "01"}
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    tries = []
    for seconds in (300, 1500, 300, 19_500, 300, 10**6):
        doku.control.advance(seconds)
        tries.append(len(receiver.got))
    assert tries == [1, 1, 2, 2, 3, 3]
    assert outcomes(doku) == ["failed"]
    assert len({got["headers"]["requestId"] for got in receiver.got}) == 1


@pytest.mark.parametrize(
    ("kind", "options", "arrive"),
    [
        ("duplicate", {"copies": 2}, ["PAY-1", "PAY-1", "PAY-1", "PAY-2"]),
        ("reversed", {}, ["PAY-2", "PAY-1"]),
        ("delayed", {"seconds": 3600}, ["PAY-2", "PAY-1"]),
        ("dropped", {"partnerReferenceNo": "PAY-1"}, ["PAY-2"]),
    ],
)
def test_a_fault_decides_the_order_of_arrival(
    doku: Merchant, receiver: Receiver, kind: str, options: Json, arrive: list[str]
) -> None:
    doku.control.fault("notification", kind, **options)
    for reference in ("PAY-1", "PAY-2"):
        doku.pay(reference, UNPAID_ACCOUNT)
    for seconds in (300, 3600):
        doku.control.advance(seconds)
    assert [got["body"]["sendTrxId"] for got in receiver.got] == arrive


@pytest.mark.parametrize(("kind", "genuine", "status"), [("forged", False, "50"), ("altered", True, "35")])
def test_a_fault_forges_or_alters(doku: Merchant, receiver: Receiver, kind: str, genuine: bool, status: str) -> None:
    """The signature covers no body: an altered notification verifies."""
    doku.control.fault("notification", kind)
    doku.pay("PAY-1", UNPAID_ACCOUNT)
    doku.control.advance(300)
    headers = receiver.got[0]["headers"]
    assert (headers["signature"] == sign(doku.simulator.world.settings, headers["requestId"])) is genuine
    assert (receiver.statuses(), doku.state("PAY-1")) == ([status], "00")


def test_the_amount_is_back_before_the_refund_is_announced(doku: Merchant, receiver: Receiver) -> None:
    balances: list[str] = []
    receiver.on_receive = lambda: balances.append(doku.balance().json()["accountInfos"]["avaliableBalance"]["value"])
    assert code(doku.pay("PAY-1", REFUND_ACCOUNT)) == "2004300"
    doku.control.advance(301)
    assert balances == ["999995500.00"]
