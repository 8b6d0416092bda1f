"""Nothing unique or stale survives a snapshot and its restore (SnapStart; I1, I14, I16; FAULTS 12, 63)."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from local.clock import Clock
from local.http_server import HttpServer, Request, Response
from local.launch import launch
from local.runtime import Worker
from local.state import StateDirectory
from tests.harness import ROOT, World, inquiry_of, order, sample_event
from tests.integration.processor.notifications import UNPAID, announced
from tests.integration.receiver.callbacks import queued, signed
from tests.restored import Copy, started
from tests.surroundings import Surroundings
from tests.wire import Wire

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="awslambdaric and snapshot-restore-py are for Linux")

DAYS = 86_400.0


@dataclass
class Deployment:
    """One function in a process of its own, over wires that can die, and the world around it."""

    world: World
    function: Copy
    to_doku: Wire
    to_aws: Wire
    secrets: Any
    secret: dict[str, str]

    @property
    def misused(self) -> tuple[int, int]:
        """Dead connections into which something was sent, to DOKU and to AWS."""
        return self.to_doku.misused, self.to_aws.misused

    def of(self, copy: Copy) -> World:
        """The world with this process as its transfer API."""
        return replace(self.world, call_handler=copy.invoke)

    def over_the_wire(self) -> World:
        """A world that sends its transfers to the process's own DOKU host: one of another host is not asked about."""
        environment = {**self.world.environment, "DOKU_BASE_URL": self.to_doku.url}
        return replace(self.world, environment=environment).restarted()

    def cut(self) -> None:
        """All connections die unseen."""
        self.to_doku.die()
        self.to_aws.die()

    def days_later(self) -> None:
        """Days pass, the token ends, all keys are others, and no connection is left."""
        self.world.clock.advance(3 * DAYS)
        self.world.doku.expire_tokens()
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        rotated = {"clientSecret": "SK-rotated", "notificationKey": "fedcba9876543210"}
        fresh = json.dumps({**self.secret, **rotated, "privateKey": private})
        self.secrets.put_secret_value(SecretId=self.world.environment["DOKU_SECRET_ID"], SecretString=fresh)
        self.world.doku.rotate(**rotated, publicKey=public)
        self.cut()


@contextmanager
def deployed(
    name: str, world: World, surroundings: Surroundings, tmp_path: Path, **variables: str | None
) -> Iterator[Deployment]:
    """`name` in a process; a variable that is None is taken out of its environment."""
    to_doku, to_aws = Wire(world.environment["DOKU_BASE_URL"]), Wire(surroundings.aws.url)
    endpoints = {"DOKU_BASE_URL": to_doku.url, "AWS_ENDPOINT_URL": to_aws.url}
    merged: dict[str, str | None] = {**world.environment, **endpoints, **variables}
    environment = {key: value for key, value in merged.items() if value is not None}
    secret = json.loads(surroundings.secret)
    with started(name, environment, surroundings.clock_file, tmp_path) as function:
        yield Deployment(world, function, to_doku, to_aws, surroundings.aws.secretsmanager, secret)
    to_doku.close()
    to_aws.close()


@pytest.fixture
def api(world: World, surroundings: Surroundings, tmp_path: Path) -> Iterator[Deployment]:
    """The transfer API, after some traffic."""
    with deployed("transfer_api", world, surroundings, tmp_path) as deployment:
        for _ in range(2):
            assert deployment.of(deployment.function).create(order()).status == 201
        yield deployment


@pytest.mark.parametrize("both", [True, False], ids=["hooks before and after", "the hook after alone"])
def test_the_first_transfer_after_days_is_sent_at_once_with_one_new_token(api: Deployment, both: bool) -> None:
    if both:
        api.function.take_snapshot()
    api.days_later()
    before, body = api.world.mints(), order()
    answer = api.of(api.function.restored()).create(body)
    assert (answer.status, answer.body["status"]) == (201, "ACCEPTED")
    reference = body["partnerReferenceNo"]
    assert [one["httpStatus"] for one in api.world.sent(reference)] == [200]
    assert all(one["httpStatus"] != 401 for one in api.world.doku.ledger()["requests"])
    assert api.world.mints() == before + 1
    assert api.misused == (0, 0)


def test_connections_of_the_snapshot_are_not_used_even_when_no_time_seems_to_have_passed(api: Deployment) -> None:
    """The monotonic clock may stand still until the restore, and the wall clock may be right only after it."""
    api.cut()
    assert api.of(api.function.restored()).create(order()).status == 201
    assert api.misused == (0, 0)


def test_without_the_hooks_a_question_would_be_lost(api: Deployment) -> None:
    """What they are for. A transfer has a connection of its own."""
    body = order()
    inquiry = api.of(api.function).request("POST", "/v1/account-inquiries", inquiry_of(body))
    api.cut()
    with_session = {**body, "sessionId": inquiry.body["sessionId"]}
    restored = api.of(api.function.restored(with_hooks=False))
    assert restored.create(with_session).status == 201
    assert api.misused[0] == 0
    assert restored.request("GET", "/v1/balance").status == 503
    assert api.misused[0] == 1


def test_days_alone_are_enough_for_a_transport_that_was_frozen(api: Deployment) -> None:
    """The process's monotonic clock has seen no idle time: the wall clock has."""
    api.world.clock.advance(600)
    api.to_doku.die()
    assert api.of(api.function).create(order()).status == 201
    assert api.to_doku.misused == 0


def test_two_restores_of_one_snapshot_never_make_the_same_number(api: Deployment) -> None:
    """I14: X-EXTERNAL-IDs at one and the same time, nonces, and what jitter is drawn from."""
    api.function.take_snapshot()
    copies = [api.function.restored() for _ in range(4)]
    drawn = [number for copy in copies for number in copy.draw(200)]
    assert len(set(drawn)) == len(drawn) == 4 * 600


def test_a_copy_without_the_hooks_would_draw_the_same_jitter(api: Deployment) -> None:
    """So that the test above can fail."""
    api.function.take_snapshot()
    one, other = (api.function.restored(with_hooks=False).draw(10)[-10:] for _ in range(2))
    assert one == other


def test_what_two_restores_send_shares_no_external_id(api: Deployment) -> None:
    """I1, I2, I14, with one token for both."""
    api.function.take_snapshot()
    api.world.clock.advance(3 * DAYS)
    before = api.world.mints()
    copies = [api.of(api.function.restored()) for _ in range(3)]
    bodies = [order() for _ in range(18)]
    for number, body in enumerate(bodies):
        assert copies[number % 3].create(body).status == 201
    requests = api.world.doku.ledger()["requests"]
    ids = [one["externalId"] for one in requests]
    assert len(ids) >= 2 * len(bodies)
    assert len({external_id[-19:] for external_id in ids}) == len(ids)
    assert all(len(api.world.debits(body["partnerReferenceNo"])) == 1 for body in bodies)
    assert api.world.mints() == before + 1


def test_the_receiver_knows_the_new_key_and_keeps_the_callback(
    world: World, surroundings: Surroundings, tmp_path: Path
) -> None:
    with deployed("notification_receiver", world, surroundings, tmp_path) as deployment:
        assert received(deployment.function, world) == 200
        deployment.function.take_snapshot()
        deployment.days_later()
        copy = deployment.function.restored()
        assert received(copy, world) == 200
        assert deployment.misused == (0, 0)
    assert len(queued(world)) >= 1


def received(function: Copy, world: World) -> int:
    event = sample_event("unpaid-notification")
    event["headers"] = {name.lower(): value for name, value in signed(world).items()}
    return int(function.invoke(event)["statusCode"])


def test_the_processor_applies_what_comes_after_the_restore(
    world: World, surroundings: Surroundings, tmp_path: Path
) -> None:
    with deployed("notification_processor", world, surroundings, tmp_path) as deployment:
        world = deployment.over_the_wire()
        applied(world, deployment.function)
        deployment.function.take_snapshot()
        deployment.days_later()
        before = world.mints()
        applied(world.restarted(), deployment.function.restored())
        assert deployment.misused == (0, 0)
        assert world.mints() == before + 1


def applied(world: World, function: Copy) -> None:
    """A callback is kept and applied."""
    reference = announced(world)
    replace(world, call_processor=function.invoke).pump()
    transfer = world.stored(reference)
    assert transfer is not None
    assert transfer.status == "SUCCESS"


def test_the_poller_asks_after_the_restore(world: World, surroundings: Surroundings, tmp_path: Path) -> None:
    with deployed("status_poller", world, surroundings, tmp_path) as deployment:
        world = deployment.over_the_wire()
        assert due(world, deployment.function) == "SUCCESS"
        deployment.function.take_snapshot()
        deployment.days_later()
        before = world.mints()
        assert due(world.restarted(), deployment.function.restored()) == "SUCCESS"
        assert deployment.misused == (0, 0)
        assert world.mints() == before + 1


def due(world: World, function: Copy) -> str:
    """The status of a transfer whose check was due, after a tick."""
    reference = world.create(order(**UNPAID)).body["partnerReferenceNo"]
    world.clock.advance(6 * 60)
    replace(world, call_poller=function.invoke).tick()
    transfer = world.stored(reference)
    assert transfer is not None
    return str(transfer.status)


@pytest.mark.parametrize("name", ["transfer_api", "notification_receiver", "notification_processor", "status_poller"])
def test_awslambdaric_itself_takes_each_function_through_snapshot_and_restore(
    name: str, surroundings: Surroundings, tmp_path: Path
) -> None:
    function = next(one for one in surroundings.functions if one.handler.startswith(name))
    launched = launch(function, ROOT, StateDirectory(tmp_path), {}, surroundings.environment)
    snap_start = {**launched.environment, "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    worker = Worker(replace(launched, environment=snap_start))
    try:
        worker.start()  # raises what a hook raised
        assert worker.pid
    finally:
        worker.close()


# --- AWS's credentials, which Lambda serves over HTTP to functions with SnapStart ---------------------


class CredentialsEndpoint:
    """Gives out credentials for six hours by the clock, numbered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.given = 0
        self._server = HttpServer(self._answer, 0)
        self._server.start()
        self.url = f"{self._server.url}/2021-04-23/credentials"

    def close(self) -> None:
        self._server.close()

    def _answer(self, request: Request) -> Response:
        assert request.header("authorization") == "token-of-the-sandbox"
        self.given += 1
        ends = self._clock() + 6 * 3600
        body = {"AccessKeyId": f"KEY{self.given}", "SecretAccessKey": "x", "Token": "y", "Expiration": iso(ends)}
        return Response(200, [("Content-Type", "application/json")], json.dumps(body).encode())


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def test_credentials_of_aws_that_ended_since_the_snapshot_are_fetched_again(
    world: World, surroundings: Surroundings, tmp_path: Path
) -> None:
    """botocore does so by the wall clock, and reads the endpoint's token each time."""
    endpoint = CredentialsEndpoint(world.clock)
    variables = {
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")),
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url,
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token-of-the-sandbox",
    }
    with deployed("transfer_api", world, surroundings, tmp_path, **variables) as deployment:
        assert deployment.of(deployment.function).create(order()).status == 201
        first = endpoint.given
        assert first >= 1
        deployment.function.take_snapshot()
        world.clock.advance(3 * DAYS)
        sent = len(deployment.to_aws.carried)
        assert deployment.of(deployment.function.restored()).create(order()).status == 201
        keys = {int(part.partition(b"/")[0]) for part in deployment.to_aws.carried[sent:].split(b"Credential=KEY")[1:]}
        assert min(keys) > first
    endpoint.close()
