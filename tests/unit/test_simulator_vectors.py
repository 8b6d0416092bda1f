"""Signatures of the simulator and of the tests' merchant against published and synthetic vectors."""

import hashlib
import json

import pytest

from local.doku_simulator import Settings
from local.doku_simulator.auth import Request, hmac_sha512, string_to_sign
from local.doku_simulator.minify import minify
from local.doku_simulator.notifications import sign
from tests.support.merchant import SECRET, symmetric

TIMESTAMP, TOKEN = "2024-09-17T14:41:52+07:00", "test.access.token"
BALANCE_PATH, BALANCE = "/snap/v1.1/balance-inquiry", b'{"partnerReferenceNo":"BAL-0001","accountNo":"A41879"}'
STATUS_PATH = "/snap/v1.1/qr/qr-mpm-status"
STATUS = b'{"originalPartnerReferenceNo":"PAY-0001","originalReferenceNo":"DK01123220","serviceCode":"43"}'
TRANSFER_PATH, REMARK = "/snap/v1.1/emoney/transfer-bank", '{"remark":"Café Jalan \\"A/B\\""}'.encode()
V2 = "gOfFiH/HicJZrIeelo/l5FdGN25Pmumctpupk32510qqRM5ZZfHBJoj+tiQ/EK8gJx5tlOgffMxRhfMJNt6XsQ=="
V4 = "S7cog8o09ATEKsD7Hfy5lcMRC909GetIgl/se4wPaM3r/vqwQTdIeQsPXwurAPgcQCcx4we9T9++/wVwPQ9HxA=="
V5 = "/d0IJFPnnIIe8loqKrs1AybSk2W7n5c68a6qMIyx8s4coNkyWTG6bj2PtXuWg7hNoA9mhvJ5pcK57WSOHUoUaw=="
VECTORS = [(BALANCE_PATH, BALANCE, V2), (STATUS_PATH, STATUS, V4), (TRANSFER_PATH, REMARK, V5)]


@pytest.mark.parametrize(("path", "body", "signature"), VECTORS)
def test_the_simulator_expects_the_signatures_of_the_vectors(path: str, body: bytes, signature: str) -> None:
    request = Request("POST", path, {}, body)
    assert hmac_sha512(SECRET, string_to_sign(request, TOKEN, TIMESTAMP)) == signature


@pytest.mark.parametrize(("path", "body", "signature"), VECTORS)
def test_the_merchant_signs_as_the_vectors(path: str, body: bytes, signature: str) -> None:
    assert symmetric(SECRET, path, TOKEN, body, TIMESTAMP) == signature


def test_midtrans_published_signature_is_reproduced() -> None:
    body = {
        "partnerReferenceNo": "2020102900000000000001",
        "amount": {"value": "12345678.00", "currency": "IDR"},
        "feeAmount": {"value": "12345678.00", "currency": "IDR"},
        "merchantId": "00007100010926",
        "terminalId": "213141251124",
        "validityPeriod": "2009-07-03T12:08:56-07:00",
    }
    request = Request("POST", "/v1.0/qr/qr-mpm-generate", {}, json.dumps(body, indent=2).encode())
    text = string_to_sign(request, "myaccesstoken", "2024-03-05T10:37:16.196Z")
    expected = "wmzT7yjg1SxxCsxNsFgCR9SYXiZGGbceF6fV8xe97sAMHxZ+7OEBMIBmvb6Sj6GcksGp3iv77DiomgSbcST3XQ=="
    assert hmac_sha512("myclientsecret", text) == expected


def test_minify_keeps_blanks_inside_strings() -> None:
    spaced = b"""{
        "partnerServiceId" : "  088899", "customerNo": "12345678901234567890",
        "virtualAccountNo": "  08889912345678901234567890", "virtualAccountName": "Jokul Doe",
        "virtualAccountEmail": "jokul@email.com", "virtualAccountPhone": "6281828384858",
        "trxId": "abcdefgh1234", "totalAmount": { "value": "12345678.00", "currency": "IDR" } }\r\n"""
    digest = hashlib.sha256(minify(spaced)).hexdigest()
    assert digest == "3274fab8dac896837b106a16da2a974e7e65142dcecb4b768ef0294102838977"


def test_minify_is_not_misled_by_escaped_quotes_and_backslashes() -> None:
    assert minify(rb'{ "a \" b" : "c \\" , "d" : null }') == rb'{"a \" b":"c \\","d":null}'


def test_an_empty_body_hashes_as_the_empty_string() -> None:
    assert string_to_sign(Request("POST", "/p", {}, b""), "t", "s").split(":")[3] == hashlib.sha256(b"").hexdigest()


AES = "y455yxXA+JSOkaOU/95jlRzNugMler8BC2SeWRxONNRO8gmfCW1fteOLNj/2XV/a"
HMAC = "+RefvqJkYmZ8TQztR5ILUHw8utxsDaKt2CZR8fhFFZSmFwK7SijHUcgonOyO+16rnT69RauSO+OgZuSdWzolOw=="


@pytest.mark.parametrize(("mode", "signature"), [("aes-ecb", AES), ("hmac-sha512", HMAC)])
def test_notifications_are_signed_as_the_vectors(mode: str, signature: str) -> None:
    settings = Settings(agent_key="A41418", notification_key="0123456789abcdef", notification_signature=mode)
    assert sign(settings, "fd53b1e3-9c35-4dfa-a95c-a8dbc5695485") == signature
