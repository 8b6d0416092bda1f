"""A merchant for the simulator's tests: it signs by a few lines of its own (doku/vectors.py), nothing of ours.

Its own tests hold signer and simulator against the published and the synthetic vectors of PROTOCOL.md section 13.
"""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local.clock import Clock
from local.doku_simulator import Settings, Simulator
from local.doku_simulator.auth import Request, hmac_sha512, string_to_sign
from local.doku_simulator.control import Control
from local.doku_simulator.minify import minify
from local.doku_simulator.notifications import sign

Json = dict[str, Any]
SECRET = "SK-test-0123456789"
TOKEN_PATH = "/authorization/v1/access-token/b2b"


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def public_pem(of: rsa.RSAPrivateKey) -> str:
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return of.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()


def private_pem(of: rsa.RSAPrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return of.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def compact(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def symmetric(secret: str, path: str, token: str, minified: bytes, timestamp: str) -> str:
    text = f"POST:{path}:{token}:{hashlib.sha256(minified).hexdigest()}:{timestamp}"
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha512).digest()).decode()


def asymmetric(text: str, with_key: rsa.RSAPrivateKey) -> str:
    return base64.b64encode(with_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


class Merchant:
    """Calls the simulator over HTTP. `code` of an answer is its responseCode as text."""

    def __init__(self, simulator: Simulator, clock: Clock) -> None:
        self.simulator, self.clock = simulator, clock
        self.control = Control(simulator.url)
        self.http = requests.Session()
        self.http.trust_env = False
        self.secret, self.key, self.prefix = SECRET, key(), "/v1.0"
        self.bearer = ""
        self._ids = itertools.count(1)

    def timestamp(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def ask_token(self, **headers: str) -> requests.Response:
        client, timestamp = self.simulator.world.settings.client_id, headers.get("X-TIMESTAMP", self.timestamp())
        signed = {"X-CLIENT-KEY": client, "X-TIMESTAMP": timestamp}
        signed["X-SIGNATURE"] = asymmetric(f"{client}|{timestamp}", self.key)
        body = {"grantType": "client_credentials"}
        return self.http.post(self.simulator.url + TOKEN_PATH, json=body, headers=signed | headers, timeout=10)

    def log_in(self) -> str:
        self.bearer = self.ask_token().json()["accessToken"]
        return self.bearer

    def post(
        self, path: str, body: Json | bytes, headers: Json | None = None, timeout: float = 10
    ) -> requests.Response:
        """A signed call; `headers` replaces some, None leaves one out."""
        sent = body if isinstance(body, bytes) else compact(body)
        token = self.bearer or self.log_in()
        target, timestamp = self.prefix + path, self.timestamp()
        signed = {
            "Authorization": f"Bearer {token}",
            "X-PARTNER-ID": self.simulator.world.settings.client_id,
            "X-TIMESTAMP": timestamp,
            "X-EXTERNAL-ID": str(next(self._ids)),
            "X-SIGNATURE": symmetric(self.secret, target, token, sent, timestamp),
            "CHANNEL-ID": "H2H",
            "Content-Type": "application/json",
        }
        url = self.simulator.url + target
        headers = signed | (headers or {})
        return self.http.post(url, data=sent, headers=headers, timeout=timeout, allow_redirects=False)

    def inquire(self, account: str = "1234567890", bank: str = "014", amount: str = "200000.00") -> requests.Response:
        return self.post("/emoney/bank-account-inquiry", inquiry_body(account, bank, amount))

    def balance(self, account: str = "A41418") -> requests.Response:
        return self.post("/balance-inquiry", {"accountNo": account})

    def transfer(self, body: Json, timeout: float = 10) -> requests.Response:
        return self.post("/emoney/transfer-bank", body, timeout=timeout)

    def status(self, reference: str, service: str | None = "43") -> requests.Response:
        body = {"originalPartnerReferenceNo": reference, "serviceCode": service}
        return self.post("/qr/qr-mpm-status", body)

    def prepare(self, reference: str, account: str = "9990001", bank: str = "014", **changes: Any) -> Json:
        """Inquire, and give back the body for the transfer."""
        session = self.inquire(account, bank).json()["sessionId"]
        return transfer_body(reference, session, account, bank) | changes

    def pay(self, reference: str, account: str = "9990001", bank: str = "014") -> requests.Response:
        return self.transfer(self.prepare(reference, account, bank))

    def state(self, reference: str) -> str:
        return str(self.status(reference).json()["latestTransactionStatus"])


def code(response: requests.Response) -> str:
    answered = str(response.json()["responseCode"])
    assert answered.startswith(str(response.status_code))
    return answered


def inquiry_body(account: str, bank: str, amount: str) -> Json:
    return {
        "partnerReferenceNo": "INQ-1",
        "customerNumber": "6281234567890",
        "amount": {"value": amount, "currency": "IDR"},
        "beneficiaryAccountNumber": account,
        "additionalInfo": {
            "beneficiaryBankCode": bank,
            "beneficiaryAccountName": "Budi Santoso",
            "senderCountryCode": "ID",
        },
    }


def transfer_body(reference: str, session: str, account: str, bank: str) -> Json:
    return {
        "partnerReferenceNo": reference,
        "customerNumber": "6281234567890",
        "beneficiaryAccountNumber": account,
        "beneficiaryBankCode": bank,
        "amount": {"value": "200000.00", "currency": "IDR"},
        "sessionId": session,
        "additionalInfo": {"remark": "gaji september"},
    }


@contextmanager
def merchant_of(folder: Path, **settings: Any) -> Iterator[Merchant]:
    """A merchant registered with a simulator of its own."""
    clock = Clock(folder / "clock")
    known: Json = {"public_key": public_pem(key()), "client_secret": SECRET, "ticker": False} | settings
    with Simulator(Settings(**known), clock=clock) as simulator:
        merchant = Merchant(simulator, clock)
        with merchant.http:
            yield merchant


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


def test_midtrans_published_signature_is_reproduced_from_a_body_with_white_space() -> None:
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


def test_minify_keeps_the_blanks_inside_strings_as_in_doku_published_hash() -> None:
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
