"""Published signatures of DOKU and of Midtrans' SNAP demo, and vectors of our own."""

import json
from base64 import b64decode

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from doku_signing.notification import Scheme, sign_notification, verify_notification
from doku_signing.private_key import load_private_key, signer
from doku_signing.request import sign_request, string_to_sign
from doku_signing.timestamps import external_id, request_timestamp, token_timestamp
from doku_signing.token import sign_token_request

SECRET, TOKEN, TIME = "SK-test-0123456789", "test.access.token", "2024-09-17T14:41:52+07:00"
AGENT, REQUEST_ID, KEY = "A41418", "fd53b1e3-9c35-4dfa-a95c-a8dbc5695485", "0123456789abcdef"


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


INQUIRY = {
    "partnerReferenceNo": "INQ-0001",
    "customerNumber": "6281234567890",
    "amount": {"value": "200000.00", "currency": "IDR"},
    "beneficiaryAccountNumber": "1234567890",
    "additionalInfo": {"beneficiaryBankCode": "014", "beneficiaryAccountName": "SUHUT", "senderCountryCode": "ID"},
}
BALANCE = {"partnerReferenceNo": "BAL-0001", "accountNo": "A41879"}
TRANSFER = {
    "partnerReferenceNo": "PAY-0001",
    "customerNumber": "6281234567890",
    "beneficiaryAccountNumber": "1234567890",
    "beneficiaryBankCode": "014",
    "amount": {"value": "200000.00", "currency": "IDR"},
    "sessionId": "I0438729855304540",
    "additionalInfo": {
        "beneficiaryFirstName": "BUDI",
        "beneficiaryLastName": "SANTOSO",
        "beneficiaryPhoneNumber": "6281234567890",
        "beneficiaryAccountName": "SUHUT",
        "senderCountryCode": "ID",
        "senderFirstName": "ANI",
        "senderLastName": "WIJAYA",
        "senderPersonalId": "3171000000000001",
        "senderPersonalIdType": "KTP",
        "remark": "gaji september",
    },
}
STATUS = {"originalPartnerReferenceNo": "PAY-0001", "originalReferenceNo": "DK01123220", "serviceCode": "43"}
UNICODE = {"remark": 'Café Jalan "A/B"'}
P1 = (
    b'{"partnerServiceId":"  088899","customerNo":"12345678901234567890",'
    b'"virtualAccountNo":"  08889912345678901234567890","virtualAccountName":"Jokul Doe",'
    b'"virtualAccountEmail":"jokul@email.com","virtualAccountPhone":"6281828384858",'
    b'"trxId":"abcdefgh1234","totalAmount":{"value":"12345678.00","currency":"IDR"}}'
)
P2 = {
    "partnerReferenceNo": "2020102900000000000001",
    "amount": {"value": "12345678.00", "currency": "IDR"},
    "feeAmount": {"value": "12345678.00", "currency": "IDR"},
    "merchantId": "00007100010926",
    "terminalId": "213141251124",
    "validityPeriod": "2009-07-03T12:08:56-07:00",
}


def test_dokus_own_body_hash_p1_is_in_the_string_to_sign() -> None:
    body = json.dumps(json.loads(P1), separators=(",", ":")).encode()
    digest = b"3274fab8dac896837b106a16da2a974e7e65142dcecb4b768ef0294102838977"
    assert digest in string_to_sign("POST", "/x", "t", body, TIME)


def test_published_symmetric_signature_p2_reproduces() -> None:
    signature = sign_request(
        "myclientsecret",
        method="POST",
        path="/v1.0/qr/qr-mpm-generate",
        access_token="myaccesstoken",
        body=json.dumps(P2, separators=(",", ":")).encode(),
        timestamp="2024-03-05T10:37:16.196Z",
    )
    assert signature == "wmzT7yjg1SxxCsxNsFgCR9SYXiZGGbceF6fV8xe97sAMHxZ+7OEBMIBmvb6Sj6GcksGp3iv77DiomgSbcST3XQ=="


@pytest.mark.parametrize(
    ("path", "body", "signature"),
    [
        (
            "/snap/v1.1/emoney/bank-account-inquiry",
            INQUIRY,
            "vO933Tzw7IKXm+IhVF/QCb4ckQZ+5/43ZpC/vbEn2hIEsQ4X5lVHXKiwg8k+kUlud6Pz+oeqzeXsmlxejFV48g==",
        ),
        (
            "/snap/v1.1/balance-inquiry",
            BALANCE,
            "gOfFiH/HicJZrIeelo/l5FdGN25Pmumctpupk32510qqRM5ZZfHBJoj+tiQ/EK8gJx5tlOgffMxRhfMJNt6XsQ==",
        ),
        (
            "/snap/v1.1/emoney/transfer-bank",
            TRANSFER,
            "ZJIz9nlVqtBP44UcFEL2UQUviW9AFAQF9XE0HdOsWI1MADe/E6YeR3jYqlxEI2Cg+2NYSfeJQAsoHrOtbDlpBw==",
        ),
        (
            "/snap/v1.1/qr/qr-mpm-status",
            STATUS,
            "S7cog8o09ATEKsD7Hfy5lcMRC909GetIgl/se4wPaM3r/vqwQTdIeQsPXwurAPgcQCcx4we9T9++/wVwPQ9HxA==",
        ),
        (
            "/snap/v1.1/emoney/transfer-bank",
            UNICODE,
            "/d0IJFPnnIIe8loqKrs1AybSk2W7n5c68a6qMIyx8s4coNkyWTG6bj2PtXuWg7hNoA9mhvJ5pcK57WSOHUoUaw==",
        ),
    ],
    ids=["V1 inquiry", "V2 balance", "V3 transfer", "V4 status", "V5 unicode"],
)
def test_symmetric_signature_vectors(path: str, body: object, signature: str) -> None:
    made = sign_request(SECRET, method="POST", path=path, access_token=TOKEN, body=compact(body), timestamp=TIME)
    assert made == signature


def test_what_is_signed_is_given_by_name() -> None:
    """Six texts in a row are easily mixed up."""
    with pytest.raises(TypeError):
        sign_request("secret", "POST", "/path", "token", b"", "now")  # type: ignore[call-arg]


def test_an_empty_body_hashes_as_the_empty_string_v6() -> None:
    expected = f"GET:/x:t:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855:{TIME}"
    assert string_to_sign("GET", "/x", "t", b"", TIME) == expected.encode()


@pytest.mark.parametrize(
    ("scheme", "request_id", "signature"),
    [
        (Scheme.AES_ECB, REQUEST_ID, "y455yxXA+JSOkaOU/95jlRzNugMler8BC2SeWRxONNRO8gmfCW1fteOLNj/2XV/a"),
        (
            Scheme.AES_ECB,
            "fd53b1e3-9c35-4dfa-a95ca8dbc5695485",
            "y455yxXA+JSOkaOU/95jlXX5G2bDd9O2KXEWmeZInqSORauRcc8VU5vEU9kwaoO6",
        ),
        (
            Scheme.HMAC_SHA512,
            REQUEST_ID,
            "+RefvqJkYmZ8TQztR5ILUHw8utxsDaKt2CZR8fhFFZSmFwK7SijHUcgonOyO+16rnT69RauSO+OgZuSdWzolOw==",
        ),
    ],
    ids=["N-A", "N-A with DOKU's malformed id", "N-B'"],
)
def test_notification_vectors(scheme: Scheme, request_id: str, signature: str) -> None:
    assert sign_notification(scheme, KEY, AGENT, request_id) == signature
    assert verify_notification(scheme, [KEY], AGENT, request_id, signature)
    assert verify_notification(scheme, ["another-key-16by", KEY], AGENT, request_id, signature)
    assert not verify_notification(scheme, ["another-key-16by"], AGENT, request_id, signature)
    assert not verify_notification(scheme, [KEY], AGENT, request_id + "x", signature)


@pytest.mark.covers(37, "I9")
@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("signature", ["", "A" * 64, "é\ud800", "=", "x" * 10_000])
def test_a_wrong_signature_does_not_verify_or_raise(scheme: Scheme, signature: str) -> None:
    assert not verify_notification(scheme, [KEY], AGENT, REQUEST_ID, signature)
    assert not verify_notification(scheme, [KEY], AGENT, signature, signature)


@pytest.mark.covers(37)
@pytest.mark.parametrize("scheme", list(Scheme))
def test_an_empty_key_authenticates_nothing(scheme: Scheme) -> None:
    assert not verify_notification(scheme, ["", ""], AGENT, REQUEST_ID, "")
    with pytest.raises(ValueError, match="authenticates nothing"):
        sign_notification(scheme, "", AGENT, REQUEST_ID)


@pytest.mark.parametrize("length", [16, 24, 32])
def test_aes_keys_of_every_length_sign(length: int) -> None:
    assert len(b64decode(sign_notification(Scheme.AES_ECB, "k" * length, AGENT, REQUEST_ID))) == 48


def test_an_aes_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16, 24 or 32"):
        sign_notification(Scheme.AES_ECB, "short", AGENT, REQUEST_ID)


def test_a_token_signature_verifies_over_its_text_only() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    signature = b64decode(sign_token_request(signer(pem), "BRN-0001", "2020-09-22T01:51:00Z"))
    public = key.public_key()
    public.verify(signature, b"BRN-0001|2020-09-22T01:51:00Z", padding.PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(signature, b"BRN-0001|2020-09-22T01:51:01Z", padding.PKCS1v15(), SHA256())


@pytest.mark.covers("I17")
@pytest.mark.parametrize("pem", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----"])
def test_a_bad_private_key_is_refused_without_showing_it(pem: str) -> None:
    with pytest.raises(ValueError, match="not an unencrypted PEM") as refused:
        load_private_key(pem)
    assert refused.value.__cause__ is None


def test_a_key_of_another_kind_is_refused() -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(ValueError, match="not an RSA key"):
        load_private_key(pem.decode())


def test_timestamps_are_utc_for_the_token_and_wib_for_calls() -> None:
    assert token_timestamp(1600739460.987) == "2020-09-22T01:51:00Z"
    assert request_timestamp(1608537371.5) == "2020-12-21T14:56:11+07:00"


@pytest.mark.covers("I14")
def test_an_external_id_has_32_digits_and_is_unique() -> None:
    made = {external_id(1700000000.0) for _ in range(10_000)}
    assert len(made) == 10_000
    assert all(len(one) == 32 and one.isdecimal() for one in made)
    assert max(int(one[13:]) for one in made) > 99 * 10**17, "all of the nineteen random digits are used"
    assert external_id(1700000000.123, lambda _: 7) == "17000000001230000000000000000007"
