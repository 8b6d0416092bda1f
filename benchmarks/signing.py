"""Time to sign, compared with the library calls that any implementation needs, and with DOKU's Python SDK."""

import base64
import hashlib
import hmac
import json
import statistics
import time
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from rich.console import Console
from rich.table import Table

from doku_signing.private_key import load_private_key, signer
from doku_signing.request import sign_request
from doku_signing.token import sign_token_request
from local import doku_secret

_ROUNDS, _CALLS = 15, 400
_SLOW_CALLS = 15
_PATH, _TIMESTAMP, _TOKEN = (
    "/v1.0/emoney/transfer-bank",
    "2024-09-17T10:00:00+07:00",
    "eyJhbGciOiJSUzI1NiJ9." + "a" * 600,
)
_BODY = {
    "partnerReferenceNo": "PAY-0001",
    "customerNumber": "628115678890",
    "beneficiaryAccountNumber": "8377388292",
    "beneficiaryBankCode": "014",
    "amount": {"value": "200000.00", "currency": "IDR"},
    "sessionId": "2b4d8f06-3c1a-4a5e-9f0e-6f2f8c9f3a11",
    "additionalInfo": {"beneficiaryAccountName": "SUHUT", "senderFirstName": "JOHN", "remark": "Remark test"},
}


def run(console: Console) -> Mapping[str, float]:
    """Measure the signatures of a request and of a token request. Medians of interleaved rounds."""
    request = _requests()
    token = _tokens()
    table = Table("", "request, us", "token request, us", title="Signing")
    for name in request:
        table.add_row(name, f"{request[name]:.1f}", f"{token[name]:.0f}")
    console.print(table)
    console.print(
        f"signing: {request['ours'] / request['limit']:.2f} times the limit, "
        f"{request['SDK'] / request['ours']:.2f} times as fast as the SDK; "
        f"token: {token['SDK'] / token['ours']:.1f} times as fast as the SDK"
    )
    return {
        "sign_us": request["ours"],
        "sign_limit_us": request["limit"],
        "sign_sdk_us": request["SDK"],
        "sign_token_us": token["ours"],
        "sign_token_limit_us": token["limit"],
        "sign_token_sdk_us": token["SDK"],
    }


def _requests() -> Mapping[str, float]:
    """Microseconds to encode and sign a request."""
    from doku_python_library.src.services.token_service import TokenService

    secret = "SK-" + "s" * 30

    def ours() -> str:
        return sign_request(
            secret, method="POST", path=_PATH, access_token=_TOKEN, body=_encoded(), timestamp=_TIMESTAMP
        )

    def limit() -> str:
        digest = hashlib.sha256(_encoded()).hexdigest()
        text = f"POST:{_PATH}:{_TOKEN}:{digest}:{_TIMESTAMP}".encode()
        return base64.b64encode(hmac.digest(secret.encode(), text, "sha512")).decode()

    def sdk() -> str:
        signed: str = TokenService.generate_symmetric_signature("POST", _PATH, _TOKEN, _BODY, _TIMESTAMP, secret)
        return signed

    assert ours() == limit() == sdk()
    return _medians({"limit": limit, "ours": ours, "SDK": sdk}, _CALLS)


def _tokens() -> Mapping[str, float]:
    """Microseconds from the PEM key to the signature of a token request."""
    from doku_python_library.src.services.token_service import TokenService

    pem = json.loads(doku_secret.generate())["privateKey"]
    loaded = load_private_key(pem)

    def ours() -> str:
        return sign_token_request(signer(pem), "BRN-1", _TIMESTAMP)

    def limit() -> str:
        return base64.b64encode(loaded.sign(f"BRN-1|{_TIMESTAMP}".encode(), PKCS1v15(), SHA256())).decode()

    def sdk() -> str:
        signed: str = TokenService.create_signature(pem, f"BRN-1|{_TIMESTAMP}")
        return signed

    assert ours() == limit() == sdk()
    return _medians({"limit": limit, "ours": ours, "SDK": sdk}, _SLOW_CALLS)


def _encoded() -> bytes:
    return json.dumps(_BODY, separators=(",", ":"), ensure_ascii=False).encode()


def _medians(contenders: Mapping[str, Callable[[], str]], calls: int) -> Mapping[str, float]:
    """Median processor time of a call in microseconds; in each round, the candidates take turns."""
    seen: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(_ROUNDS):
        for name, call in contenders.items():
            began = time.thread_time()
            for _ in range(calls):
                call()
            seen[name].append((time.thread_time() - began) / calls * 1e6)
    return {name: statistics.median(micros) for name, micros in seen.items()}
