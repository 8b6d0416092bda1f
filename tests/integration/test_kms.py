"""Token requests signed by KMS, in which the merchant's key stays."""

import json
import socket
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from local.in_process.backing_services import BackingServices
from payouts.doku.signer import MerchantKey
from payouts.doku.token import TokenRequester
from payouts.doku.transport import Transport
from payouts.domain.credentials import Credentials
from payouts.domain.errors import Unavailable
from tests.support.harness import PAGES, Page, World, order
from tests.support.tcp_server import listening, saying
from tools import cli, public_key
from tools.deployment import Deployment


@dataclass
class Kms:
    """AWS's key store, and the merchant's secret that names a key in it."""

    client: Any
    secrets: Any
    secret_id: str
    secret: dict[str, str]

    def new_key(self, spec: str = "RSA_2048", usage: str = "SIGN_VERIFY") -> str:
        return str(self.client.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"])

    def public(self, key_id: str) -> str:
        key = load_der_public_key(self.client.get_public_key(KeyId=key_id)["PublicKey"])
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def use(self, key_id: str, **others: str) -> None:
        """Put the secret that names this key."""
        fields = {**self.secret, "privateKey": "", "privateKeyKmsId": key_id, **others}
        self.secrets.put_secret_value(SecretId=self.secret_id, SecretString=json.dumps(fields))


@pytest.fixture
def kms(world: World, backing_services: BackingServices) -> Kms:
    world.clock.advance(1000)  # no token is left
    client = boto3.Session().client("kms")
    secret = json.loads(backing_services.secret)
    return Kms(client, backing_services.aws.secretsmanager, backing_services.secret_id, secret)


@pytest.mark.parametrize("name", ["arn", "id", "alias"])
def test_doku_accepts_a_token_request_that_kms_signed(world: World, kms: Kms, name: str) -> None:
    arn = kms.new_key()
    alias = f"alias/{arn[-12:]}"
    kms.client.create_alias(AliasName=alias, TargetKeyId=arn)
    kms.use({"arn": arn, "id": arn.rpartition("/")[2], "alias": alias}[name])
    world.doku.rotate(publicKey=kms.public(arn))
    fresh = world.restarted()
    assert fresh.create(order()).status == 201
    assert fresh.create(order()).status == 201
    assert world.token_requests() == 1
    assert fresh.faults.calls.count("Sign") == 1


def test_doku_refuses_what_another_key_signed(world: World, kms: Kms) -> None:
    kms.use(kms.new_key())
    answer = world.restarted().create(order())
    assert (answer.status, answer.body["retryable"]) == (500, False)
    assert "credentials" in answer.body["response_message"]
    assert world.token_requests() == 0


@pytest.mark.covers(63)
def test_a_key_moved_into_kms_is_found_after_a_refusal(world: World, kms: Kms) -> None:
    world.create(order())
    arn = kms.new_key()
    kms.use(arn)
    world.doku.rotate(publicKey=kms.public(arn))
    world.doku.expire_tokens()
    assert world.create(order()).body["status"] == "ACCEPTED"


def test_kms_is_not_asked_where_the_secret_holds_the_key(world: World, kms: Kms) -> None:
    assert world.create(order()).status == 201
    assert "Sign" not in world.faults.calls


@pytest.mark.parametrize("wrong", ["unknown", "for encryption", "an elliptic curve"])
def test_a_key_that_cannot_sign_is_a_deployment_error(world: World, kms: Kms, wrong: str) -> None:
    arn = "alias/nobody-knows-it"
    if wrong == "for encryption":
        arn = kms.new_key(usage="ENCRYPT_DECRYPT")
    if wrong == "an elliptic curve":
        arn = kms.new_key("ECC_NIST_P256")
    kms.use(arn)
    answer = world.restarted().create(order())
    assert (answer.status, answer.body["response_code"], answer.body["retryable"]) == (500, "SERVER_ERROR", False)
    assert "privateKeyKmsId" in answer.body["response_message"]
    assert arn not in json.dumps(answer.body)
    assert world.doku.ledger()["tokenRequests"] == []


def test_silence_of_kms_is_passing_and_nothing_is_sent(world: World, kms: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
    kms.use(kms.new_key())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{silent.getsockname()[1]}")
        body = order()
        answer = world.restarted().create(body)
    assert (answer.status, answer.body["retryable"]) == (503, True)
    assert "KMS" in answer.body["response_message"]
    assert world.stored(body["partnerReferenceNo"]) is None
    assert world.doku.ledger()["tokenRequests"] == []


@pytest.mark.covers(14)
@pytest.mark.parametrize("page", PAGES[::5], ids=str)
def test_a_page_instead_of_a_signature_is_retryable(world: World, kms: Kms, page: Page) -> None:
    kms.use(kms.new_key())
    body, fresh = order(), world.restarted()
    fresh.faults.answer_with_a_page("Sign", page)
    answer = fresh.create(body)
    assert (answer.status, answer.body["retryable"]) == (503, True)
    assert world.stored(body["partnerReferenceNo"]) is None


# --- three seconds for a token, the signature included -------------------------------------------------


@dataclass
class SlowKms:
    """A KMS that takes its time."""

    now: list[float]
    seconds: float
    asked: list[dict[str, Any]] = field(default_factory=list)

    def sign(self, **arguments: Any) -> dict[str, bytes]:
        self.asked.append(arguments)
        self.now[0] += self.seconds
        return {"Signature": b"signature"}

    def close(self) -> None:
        pass


TOKEN = b'{"responseCode":"2007300","responseMessage":"Successful","accessToken":"token","expiresIn":900}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(TOKEN), TOKEN)


@pytest.mark.parametrize(("seconds", "requests"), [(0.0, 1), (1.0, 1), (2.0, 0), (10.0, 0)])
def test_signing_counts_against_the_token_deadline(
    backing_services: BackingServices, seconds: float, requests: int
) -> None:
    fields = {**json.loads(backing_services.secret), "privateKey": "", "privateKeyKmsId": "alias/slow"}
    credentials, now = Credentials.parse(json.dumps(fields)), [100.0]
    slow = SlowKms(now, seconds)
    with listening(saying(ANSWER)) as peer:
        transport = Transport(peer.url)
        requester = TokenRequester(transport, MerchantKey(lambda: slow), lambda: now[0])
        if requests:
            assert requester.request_token(credentials, 1_700_000_000.0).value == "token"
        else:
            with pytest.raises(Unavailable, match="too long"):
                requester.request_token(credentials, 1_700_000_000.0)
        transport.close()
        assert len(peer.requests) == requests
    (asked,) = slow.asked
    assert asked["Message"] == f"{credentials.client_id}|2023-11-14T22:13:20Z".encode()


# --- the public half, for DOKU's dashboard ---------------------------------------------------------------


@pytest.fixture
def target(world: World) -> Deployment:
    outputs = {"SecretId": world.environment["DOKU_SECRET_ID"]}
    return Deployment("sandbox", boto3.Session(), None, outputs, {})


def test_the_public_half_of_a_key_in_the_secret_is_printed(kms: Kms, target: Deployment) -> None:
    private = load_pem_private_key(kms.secret["privateKey"].encode(), password=None)
    expected = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert public_key.public_key(target) == expected
    assert expected.startswith("-----BEGIN PUBLIC KEY-----\n")


def test_the_public_half_of_a_key_in_kms_is_printed(kms: Kms, target: Deployment) -> None:
    arn = kms.new_key()
    kms.use(arn)
    assert public_key.public_key(target) == kms.public(arn)


def test_a_key_in_kms_that_cannot_sign_for_doku_is_not_printed(kms: Kms, target: Deployment) -> None:
    kms.use(kms.new_key("ECC_NIST_P256"))
    with pytest.raises(ValueError, match="RSA_2048"):
        public_key.public_key(target)


def test_the_command_prints_the_key_of_a_running_bundle(kms: Kms, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["public-key", "--env", "local"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert printed.endswith("\n-----END PUBLIC KEY-----\n")
