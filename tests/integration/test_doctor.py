"""`make doctor` against the simulator: it reports faults with their fix, and shows no secret."""

import json
from collections.abc import Iterator, Mapping
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
from tests.support.log_watch import values_of
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
    backing_services: BackingServices, changed: Mapping[str, Any] | str | None = None, ahead: float = 0
) -> dict[str, Finding]:
    """The findings by check. `changed` is the whole secret, or fields of it, or variables, which are in capitals."""
    changes = {} if changed is None or isinstance(changed, str) else changed
    variables = {name: value for name, value in changes.items() if name.isupper()}
    fields = {name: value for name, value in changes.items() if name not in variables}
    text = changed if isinstance(changed, str) else json.dumps(json.loads(backing_services.secret) | fields)
    known = {"DOKU_BASE_URL": backing_services.environment["DOKU_BASE_URL"], "DOKU_SECRET_ID": "file"} | variables
    findings = list(doctor.examine(SetUp("test", known, FileSecret(text)), lambda: backing_services.clock() + ahead))
    for value in values_of(json.loads(backing_services.secret)):
        assert not any(value in finding.seen + finding.fix for finding in findings)
    return {finding.check: finding for finding in findings}


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def test_a_set_up_that_is_right(backing_services: BackingServices, doku: Control) -> None:
    found = look(backing_services)
    right = {"settings", "secret", "private key", "notification key", "DOKU's host", "token", "signature", "balance"}
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


NO_KEY = '{"clientId": "BRN", "clientSecret": "SK", "privateKey": "", "agentKey": "A1"}'
OTHER_KEY, CURVE_KEY = pem(rsa.generate_private_key(65537, 2048)), pem(ec.generate_private_key(ec.SECP256R1()))
NOT_TRIED = {"DOKU": Verdict.SKIPPED}
FAULTS: dict[str, tuple[dict[str, Any] | str, str, str, dict[str, Verdict]]] = {
    "no JSON": ("not json", "secret", "not a JSON object", NOT_TRIED),
    "no fields": ("{}", "secret", "no clientId", NOT_TRIED),
    "no key": (NO_KEY, "secret", "no privateKey", NOT_TRIED),
    "stray blanks": ({"clientSecret": "SK-1\n", "agentKey": " A1"}, "secret", "clientSecret, agentKey", {}),
    "a key on one line": ({"privateKey": "-----BEGIN PRIVATE KEY-----\\nMIIE"}, "private key", "backslash", {}),
    "no PEM": ({"privateKey": "MIIEvQIBADANBg"}, "private key", "not an unencrypted PEM", {}),
    "a key on a curve": ({"privateKey": CURVE_KEY}, "private key", "not an RSA key", {}),
    "another key": ({"privateKey": OTHER_KEY}, "token", "public half", {"balance": Verdict.SKIPPED}),
    "another client secret": ({"clientSecret": "SK-another"}, "signature", "clientSecret", {"token": Verdict.OK}),
    "another agent key": ({"agentKey": "B00000"}, "agentKey", "4041108", {}),
    "a short notification key": ({"notificationKey": "short"}, "notification key", "", {"token": Verdict.OK}),
    "no webhook secret": ({"webhookSecrets": []}, "webhook secrets", "secret --add", {}),
    "a short webhook secret": ({"webhookSecrets": ["whsec_c2hvcnQ="]}, "webhook secrets", "24 to 64 bytes", {}),
    "another path": ({"DOKU_PATH_PREFIX": "/payout/v9"}, "path prefix", "Set DokuPathPrefix", {}),
    "no path": ({"DOKU_PATH_PREFIX": "v1.0"}, "settings", "DOKU_PATH_PREFIX", {}),
    "no host": ({"DOKU_BASE_URL": "http://127.0.0.1:1"}, "DOKU's host", "", {"token, balance": Verdict.SKIPPED}),
}
"""The secret, its changes or a setting; the check that finds the fault, its words, and the verdicts of other checks."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_with_its_fix(backing_services: BackingServices, doku: Control, fault: str) -> None:
    changed, check, words, others = FAULTS[fault]
    found = look(backing_services, changed)
    assert found[check].verdict is Verdict.WRONG
    assert words in found[check].seen + found[check].fix
    assert {name: found[name].verdict for name in others} == others


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
