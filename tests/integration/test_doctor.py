"""`make doctor` against the simulator: it reports faults with their fix, and shows no secret."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from local.doku_simulator.control import Control
from local.in_process.backing_services import BackingServices
from local.stack import LocalStack
from payouts.store.table import Table
from payouts.store.tokens import TokenStore
from tests.support.harness import World, order
from tools.doctor import api, open_transfers
from tools.doctor import examine as doctor
from tools.doctor.finding import Finding, Verdict
from tools.doctor.setup import FileSecret, SetUp

EVERY_TIME = {"times": None}


@pytest.fixture
def doku(backing_services: BackingServices) -> Iterator[Control]:
    backing_services.doku.reset()
    yield backing_services.doku
    backing_services.doku.heal()


def look(
    backing_services: BackingServices, secret: dict[str, Any] | str | None = None, ahead: float = 0, **settings: str
) -> dict[str, Finding]:
    """The findings by check; `secret` changes fields of the right one, or is the whole text."""
    text = secret if isinstance(secret, str) else json.dumps(json.loads(backing_services.secret) | (secret or {}))
    known = {"DOKU_BASE_URL": backing_services.environment["DOKU_BASE_URL"], "DOKU_SECRET_ID": "file"}
    findings = list(
        doctor.examine(SetUp("test", known | settings, FileSecret(text)), lambda: backing_services.clock() + ahead)
    )
    fields = json.loads(backing_services.secret)
    for value in (*filter(None, fields.pop("webhookSecrets")), *filter(None, fields.values())):
        assert not any(value in finding.seen + finding.fix for finding in findings)
    return {finding.check: finding for finding in findings}


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def test_a_set_up_that_is_right(backing_services: BackingServices, doku: Control) -> None:
    found = look(backing_services)
    right = {
        "settings",
        "secret",
        "private key",
        "notification key",
        "webhook secrets",
        "DOKU's host",
        "token",
        "signature",
        "balance",
    }
    assert {check for check, finding in found.items() if finding.verdict is Verdict.OK} >= right
    assert "1000000000.00" in found["balance"].seen


def test_open_transfers_of_another_account_are_named(world: World) -> None:
    world = replace(world, environment={**world.environment, "TABLE_NAME": world.new_table()}).restarted()
    reference = world.create(order()).body["partnerReferenceNo"]
    stored = world.existing(reference)
    assert stored.sent_to is not None
    table = Table(world.dynamodb, world.environment["TABLE_NAME"])
    (found,) = open_transfers.check(table, stored.sent_to)
    assert (found.verdict, found.seen[:10]) == (Verdict.OK, "1 checked;")
    (found,) = open_transfers.check(table, replace(stored.sent_to, path_prefix="/snap/v1.1"))
    assert found.verdict is Verdict.WARNING
    assert reference in found.seen


@pytest.mark.parametrize(
    ("reserved", "verdict", "seen"), [(True, Verdict.OK, "reserved for"), (False, Verdict.WARNING, "not reserved")]
)
def test_the_doctor_says_whether_concurrency_is_reserved(
    backing_services: BackingServices, doku: Control, reserved: bool, verdict: Verdict, seen: str
) -> None:
    known = {"DOKU_BASE_URL": backing_services.environment["DOKU_BASE_URL"], "DOKU_SECRET_ID": "file"}
    setup = SetUp("test", known, FileSecret(backing_services.secret), reserves_concurrency=reserved)
    (found,) = [one for one in doctor.examine(setup, backing_services.clock) if one.check == "concurrency"]
    assert (found.verdict, found.seen[: len(seen)]) == (verdict, seen)


def test_a_secret_without_a_value(backing_services: BackingServices) -> None:
    """As CloudFormation creates it; one that is gone is another finding."""
    secrets = backing_services.aws.secretsmanager
    known = {"DOKU_BASE_URL": backing_services.environment["DOKU_BASE_URL"]}
    empty = secrets.create_secret(Name=f"doku-{uuid4()}")["ARN"]
    found = {
        secret_id: {
            one.check: one for one in doctor.examine(SetUp("test", known | {"DOKU_SECRET_ID": secret_id}, secrets))
        }
        for secret_id in (empty, "no-such-secret")
    }
    assert found[empty]["secret"].seen == "the DOKU secret has no value yet"
    assert found[empty]["secret"].fix.startswith("Fill it in")
    assert "can't be read" in found["no-such-secret"]["secret"].seen


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("not json", "not a JSON object"),
        ("{}", "no clientId"),
        ('{"clientId": "BRN", "clientSecret": "SK", "privateKey": "", "agentKey": "A1"}', "no privateKey"),
    ],
)
def test_a_secret_without_its_shape_is_not_tried(
    backing_services: BackingServices, doku: Control, text: str, told: str
) -> None:
    found = look(backing_services, text)
    assert told in found["secret"].seen
    assert found["DOKU"].verdict is Verdict.SKIPPED


def test_stray_blanks_are_seen(backing_services: BackingServices, doku: Control) -> None:
    found = look(backing_services, {"clientSecret": "SK-1\n", "agentKey": " A1"})
    assert "clientSecret, agentKey" in found["secret"].seen


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("-----BEGIN PRIVATE KEY-----\\nMIIE", "backslash"),
        ("MIIEvQIBADANBg", "not an unencrypted PEM"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "not an RSA key"),
    ],
)
def test_a_private_key_that_is_none(backing_services: BackingServices, doku: Control, key: str, told: str) -> None:
    found = look(backing_services, {"privateKey": key})
    assert told in found["private key"].seen
    assert found["private key"].verdict is Verdict.WRONG


def test_the_private_key_of_somebody_else(backing_services: BackingServices, doku: Control) -> None:
    found = look(backing_services, {"privateKey": pem(rsa.generate_private_key(65537, 2048))})
    assert found["token"].verdict is Verdict.WRONG
    assert "public half" in found["token"].fix
    assert found["balance"].verdict is Verdict.SKIPPED


def test_a_private_key_in_kms(
    backing_services: BackingServices, doku: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in backing_services.aws.environment().items():
        monkeypatch.setenv(name, value)
    kms = boto3.Session().client("kms")
    key_id = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    found = look(backing_services, {"privateKey": "", "privateKeyKmsId": key_id})
    assert found["private key"].verdict is Verdict.OK
    assert found["token"].verdict is Verdict.WRONG, "DOKU does not know it yet"
    doku.rotate(publicKey=public_half(kms.get_public_key(KeyId=key_id)["PublicKey"]))
    assert look(backing_services, {"privateKey": "", "privateKeyKmsId": key_id})["token"].verdict is Verdict.OK


def public_half(der: bytes) -> str:
    return load_der_public_key(der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_a_clock_that_differs_from_dokus(backing_services: BackingServices, doku: Control) -> None:
    """The host's own clock, which the check of the clock asks, may be right all the same."""
    found = look(backing_services, ahead=3600)
    assert found["token"].verdict is Verdict.WRONG
    assert "Invalid Timestamp" in found["token"].seen
    assert "clientId" not in found["token"].seen + found["token"].fix
    assert "clock" in found["token"].fix


def test_another_client_secret(backing_services: BackingServices, doku: Control) -> None:
    found = look(backing_services, {"clientSecret": "SK-another"})
    assert found["token"].verdict is Verdict.OK
    assert found["signature"].verdict is Verdict.WRONG
    assert "clientSecret" in found["signature"].fix


def test_another_agent_key(backing_services: BackingServices, doku: Control) -> None:
    found = look(backing_services, {"agentKey": "B00000"})
    assert found["agentKey"].verdict is Verdict.WRONG
    assert "4041108" in found["agentKey"].seen


def test_a_notification_key_that_can_verify_nothing(backing_services: BackingServices, doku: Control) -> None:
    found = look(backing_services, {"notificationKey": "short"})
    assert found["notification key"].verdict is Verdict.WRONG
    assert found["token"].verdict is Verdict.OK, "the rest is looked at all the same"


@pytest.mark.parametrize("secrets", [[], "whsec_text", ["whsec_short"]])
def test_webhook_secrets_that_can_sign_nothing(
    backing_services: BackingServices, doku: Control, secrets: object
) -> None:
    found = look(backing_services, {"webhookSecrets": secrets})
    assert found["webhook secrets"].verdict is Verdict.WRONG


def test_a_path_prefix_that_leads_nowhere(backing_services: BackingServices, doku: Control) -> None:
    found = look(backing_services, DOKU_PATH_PREFIX="/payout/v9")
    assert found["path prefix"].verdict is Verdict.WRONG
    assert "Set DokuPathPrefix" in found["path prefix"].fix


def test_a_host_that_does_not_answer(backing_services: BackingServices, doku: Control) -> None:
    found = look(backing_services, DOKU_BASE_URL="http://127.0.0.1:1")
    assert found["DOKU's host"].verdict is Verdict.WRONG
    assert found["token, balance"].verdict is Verdict.SKIPPED


def test_a_setting_that_is_none(backing_services: BackingServices, doku: Control) -> None:
    assert "DOKU_PATH_PREFIX" in look(backing_services, DOKU_PATH_PREFIX="v1.0")["settings"].seen


def test_an_outage_of_doku(backing_services: BackingServices, doku: Control) -> None:
    doku.fault("token", "maintenance", **EVERY_TIME)
    assert look(backing_services)["token"].verdict is Verdict.WRONG


def test_the_functions_keep_a_token_that_is_good(backing_services: BackingServices, doku: Control) -> None:
    store = TokenStore(Table(backing_services.aws.dynamodb, backing_services.environment["TABLE_NAME"]))
    known = {"DOKU_BASE_URL": backing_services.environment["DOKU_BASE_URL"], "DOKU_SECRET_ID": "file"}
    setup = SetUp("test", known, FileSecret(backing_services.secret), tokens=store)
    assert {f.check: f.verdict for f in doctor.examine(setup, backing_services.clock)}["token"] is Verdict.OK
    shared = store.read(json.loads(backing_services.secret)["clientId"])
    assert shared.token is not None
    again = {f.check: f.verdict for f in doctor.examine(setup, backing_services.clock)}
    replaced = store.read(json.loads(backing_services.secret)["clientId"])
    assert again["signature"] is Verdict.OK
    assert replaced != shared, "the key is tried each time, and the functions get the token that it earned"


def test_what_is_deployed_is_called_from_outside() -> None:
    with LocalStack(simulator=False) as stack:
        found = list(api.check(stack.api_url, None))
    assert [finding.verdict for finding in found] == [Verdict.OK] * 4
    assert [finding.verdict for finding in api.check(stack.api_url, None)] == [Verdict.WRONG]


def test_the_command_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert not doctor.print_findings([Finding("a", Verdict.OK, "fine"), Finding("b", Verdict.WRONG, "bad", "fix it")])
    assert doctor.print_findings([Finding("a", Verdict.WARNING, "hm", "look")])
    assert "-> fix it" in capsys.readouterr().out
