"""A merchant for the simulator's tests, which signs without the product's code."""

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

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local.clock import Clock
from local.doku_simulator import Settings, Simulator
from local.doku_simulator.control import Control

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
        """Send a signed request. `headers` replaces headers; None removes one."""
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
        """Make an account inquiry. Returns the body of the transfer."""
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
    """A merchant with its own simulator."""
    clock = Clock(folder / "clock")
    known: Json = {"public_key": public_pem(key()), "client_secret": SECRET, "ticker": False} | settings
    with Simulator(Settings(**known), clock=clock) as simulator:
        merchant = Merchant(simulator, clock)
        with merchant.http:
            yield merchant
