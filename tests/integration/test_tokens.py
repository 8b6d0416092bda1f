"""One token shared by all functions, and rotation of secrets."""

import json
from contextlib import closing

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from local.gateway.http_server import HttpServer, Response
from local.in_process.backing_services import BackingServices
from tests.support.harness import World, crashing, inquiry_of, order


@pytest.mark.covers("I16")
def test_a_token_is_requested_once_and_shared(world: World) -> None:
    world.doku.expire_tokens()
    world.clock.advance(1000)
    for _ in range(3):
        assert world.restarted().create(order()).status == 201
    assert world.token_requests() == 1


@pytest.mark.covers("I16")
def test_a_token_is_not_used_near_its_end(world: World) -> None:
    world.create(order())
    before = world.token_requests()
    world.clock.advance(875)
    assert world.create(order()).status == 201
    assert world.token_requests() == before + 1
    assert all(one["httpStatus"] != 401 for one in world.doku.ledger()["requests"])


@pytest.mark.covers(64, "I16")
def test_a_token_ended_elsewhere_is_replaced_once(world: World) -> None:
    world.create(order())
    world.doku.expire_tokens()
    before = world.token_requests()
    assert world.create(order()).status == 201
    assert world.token_requests() == before + 1


@pytest.mark.covers("I16")
def test_a_replaced_token_is_not_requested_again(world: World) -> None:
    """I16: re-read before refreshing."""
    stale, fresh = world.restarted(), world.restarted()
    stale.create(order())
    world.doku.expire_tokens()
    fresh.create(order())
    before = world.token_requests()
    assert stale.create(order()).status == 201
    assert world.token_requests() == before


@pytest.mark.covers(64, "I16")
@pytest.mark.parametrize("ask", ["balance", "inquiry", "create", "check"])
def test_two_dead_tokens_in_a_row_are_no_bad_credentials(world: World, ask: str) -> None:
    """In memory the token before last, in the table the last one, and another environment has ended both."""
    stale, fresh = world.restarted(), world.restarted()
    body = order()
    stale.create(body)
    world.doku.expire_tokens()
    fresh.create(order())
    world.doku.expire_tokens()
    before = world.token_requests()
    answer = {
        "balance": lambda: stale.request("GET", "/v1/balance"),
        "inquiry": lambda: stale.request("POST", "/v1/account-inquiries", inquiry_of(body)),
        "create": lambda: stale.create(order()),
        "check": lambda: stale.request("POST", f"/v1/transfers/{body['partnerReferenceNo']}/status-checks"),
    }[ask]()
    assert answer.status in (200, 201)
    assert world.token_requests() == before + 1


@pytest.mark.covers(64)
@pytest.mark.parametrize("path", ["/v1/balance", "/v1/account-inquiries"])
def test_refused_tokens_are_retryable(world: World, path: str) -> None:
    """Two environments on one client id that renew their token in turn."""
    world.create(order())
    for operation in ("balance", "inquiry"):
        world.doku.fault(operation, "unauthorized", times=3)
    before = world.token_requests()
    method, body = ("GET", None) if path.endswith("balance") else ("POST", inquiry_of(order()))
    answer = world.request(method, path, body)
    assert (answer.status, answer.body["retryable"]) == (503, True)
    assert "another program may use the same clientId" in answer.body["response_message"]
    assert world.token_requests() == before + 2
    assert world.request(method, path, body).status == 200


def test_a_refused_signature_is_a_deployment_error(world: World) -> None:
    world.create(order())
    world.doku.rotate(clientSecret="SK-another")
    before = world.token_requests()
    answer = world.request("GET", "/v1/balance")
    assert (answer.status, answer.body["retryable"]) == (500, False)
    assert "credentials" in answer.body["response_message"]
    assert world.token_requests() == before + 1


def test_a_clock_that_is_off_is_not_taken_for_bad_credentials(world: World) -> None:
    answer = world.restarted(skew=3600.0 * 5).request("GET", "/v1/balance")
    assert (answer.status, answer.body["retryable"]) == (500, False)
    assert "check the clock" in answer.body["response_message"]
    assert "privateKey" not in answer.body["response_message"]


def test_a_crash_during_a_token_refresh_delays_briefly(world: World) -> None:
    world.clock.advance(1000)
    world.faults.crash_before("PutItem")  # the lock is taken, the token is requested and never stored
    with crashing():
        world.create(order())
    world.clock.advance(6)
    assert world.restarted().create(order()).status == 201


@pytest.mark.covers(63)
@pytest.mark.parametrize("fields", [("clientSecret",), ("privateKey",)])
def test_a_secret_rotated_mid_flight_is_read_again(
    world: World, backing_services: BackingServices, fields: tuple[str, ...]
) -> None:
    world.create(order())
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    fresh = {
        "clientSecret": "SK-rotated",
        "privateKey": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    rotated = json.dumps({**json.loads(backing_services.secret), **{name: fresh[name] for name in fields}})
    backing_services.aws.secretsmanager.put_secret_value(SecretId=backing_services.secret_id, SecretString=rotated)
    world.doku.rotate(**({"clientSecret": "SK-rotated"} if fields == ("clientSecret",) else {"publicKey": public}))
    world.doku.expire_tokens()
    assert world.create(order()).body["status"] == "ACCEPTED"


@pytest.mark.covers(63)
def test_a_query_with_the_old_secret_is_repeated(world: World, backing_services: BackingServices) -> None:
    """The token is still valid: DOKU refuses the signature alone."""
    world.create(order())
    rotated = json.dumps({**json.loads(backing_services.secret), "clientSecret": "SK-rotated"})
    backing_services.aws.secretsmanager.put_secret_value(SecretId=backing_services.secret_id, SecretString=rotated)
    world.doku.rotate(clientSecret="SK-rotated")
    assert world.request("GET", "/v1/balance").status == 200


@pytest.mark.covers("I17")
@pytest.mark.parametrize("text", ["", "no json", "[]", '{"clientId": "x"}', '{"clientId": 5}'])
def test_a_bad_secret_is_named_and_never_shown(world: World, backing_services: BackingServices, text: str) -> None:
    secrets = backing_services.aws.secretsmanager
    secrets.put_secret_value(SecretId=backing_services.secret_id, SecretString=text or "{}")
    answer = world.request("GET", "/v1/balance")
    assert (answer.status, answer.body["retryable"]) == (500, False)
    assert "secret" in answer.body["response_message"]


def test_refused_credentials_are_a_deployment_error(world: World) -> None:
    world.create(order())
    world.clock.advance(1000)
    world.doku.fault("token", "unauthorized", times=5)
    answer = world.create(order())
    assert (answer.status, answer.body["response_code"], answer.body["retryable"]) == (500, "SERVER_ERROR", False)
    assert "credentials" in answer.body["response_message"]


def test_a_secret_without_a_value_is_named_and_nothing_is_sent(
    backing_services: BackingServices, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As CloudFormation creates it, until `make deploy` fills it in: no restart is needed then."""
    held: list[str] = []
    with closing(HttpServer(lambda _: _secrets_manager(held), 0)) as secrets_manager:
        secrets_manager.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets_manager.url)
        fresh = backing_services.start({"TABLE_NAME": world.environment["TABLE_NAME"]})
        before = len(world.doku.ledger()["requests"])
        for answer in (fresh.request("GET", "/v1/balance"), fresh.create(order())):
            assert (answer.status, answer.body["retryable"]) == (500, False)
            assert answer.body["response_message"] == "the DOKU secret has no value yet"
        assert len(world.doku.ledger()["requests"]) == before
        held.append(backing_services.secret)
        assert fresh.request("GET", "/v1/balance").status == 200


def _secrets_manager(held: list[str]) -> Response:
    """AWS's own words for a secret without a value. Asked for a stage, moto says that there is no such secret."""
    if held:
        return Response(json.dumps({"ARN": "arn", "SecretString": held[0]}), 200)
    message = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
    return Response(json.dumps({"__type": "ResourceNotFoundException", "Message": message}), 400)
