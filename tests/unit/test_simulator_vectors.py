"""The simulator's signatures where no other test sees them.

That it expects DOKU's published signatures of requests follows: it accepts the product's, which are tested against
them (tests/unit/test_signing.py).
"""

import hashlib

import pytest

from local.doku_simulator import Settings
from local.doku_simulator.auth import Request, string_to_sign
from local.doku_simulator.minify import minify
from local.doku_simulator.notifications import sign


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
