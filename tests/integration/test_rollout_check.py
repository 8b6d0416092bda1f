"""The check of a new version before traffic shifts to it, on the real handlers."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import pytest
from aws_lambda_powertools import Logger

from local.gateway.http_server import HttpServer, Request, Response
from payouts.domain.errors import PayoutError
from payouts.runtime import aws
from rollout_check import app as entry
from rollout_check import services as rollout_services
from rollout_check.settings import RolloutCheck
from status_poller import app as poller
from status_poller import services as poller_services
from tests.support.harness import Context, World, order

ARN = "arn:aws:lambda:ap-southeast-3:123456789012:function:StatusPollerFunction:2"
HOOK = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook-1"}

Version = Callable[[dict[str, Any], Any], Any]


class Aws:
    """Lambda and CodeDeploy: invokes handlers of this process, and keeps what is reported."""

    def __init__(self) -> None:
        self.versions: dict[str, Version] = {}
        self.reported: list[Mapping[str, str]] = []
        self.server = HttpServer(self._answer, 0)

    def _answer(self, request: Request) -> Response:
        if request.path.endswith("/invocations"):
            return self._invoke(unquote(request.path.split("/")[3]), json.loads(request.data))
        assert request.headers.get("x-amz-target") == "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus"
        self.reported.append(json.loads(request.data))
        return Response(b"{}", 200, [("Content-Type", "application/x-amz-json-1.1")])

    def _invoke(self, arn: str, event: dict[str, Any]) -> Response:
        if arn not in self.versions:
            return Response(b"{}", 404, [("x-amzn-ErrorType", "ResourceNotFoundException")])
        try:
            return Response(json.dumps(self.versions[arn](event, Context(lambda: 60_000))), 200, [])
        except Exception as error:
            failed = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return Response(json.dumps(failed), 200, [("X-Amz-Function-Error", "Unhandled")])


@pytest.fixture
def cloud(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    cloud = Aws()
    cloud.server.start()
    for service in ("LAMBDA", "CODEDEPLOY"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", cloud.server.url)
    yield cloud
    cloud.server.close()


def check(cloud: Aws, kind: str, version: Version | None) -> str:
    """What CodeDeploy hears about a version."""
    cloud.versions = {ARN: version} if version else {}
    services = rollout_services.build_services({"NEW_VERSION_ARN": ARN, "ROLLOUT_CHECK": kind})
    answer = entry.create_handler(services, Logger())(dict(HOOK), Context())  # type: ignore[arg-type]
    (reported,) = cloud.reported
    cloud.reported.clear()
    assert reported == {
        "deploymentId": "d-1",
        "lifecycleEventHookExecutionId": "hook-1",
        "status": answer["status"],
    }
    return str(answer["status"])


def versions(world: World) -> dict[str, Version]:
    """The real handlers by the check that is theirs."""
    return {
        RolloutCheck.HEALTH: world.call_handler,
        RolloutCheck.FORGED_NOTIFICATION: world.call_receiver,
        RolloutCheck.NO_MESSAGES: world.call_processor,
        RolloutCheck.DRY_TICK: world.call_poller,
    }


@pytest.mark.parametrize("kind", list(RolloutCheck))
def test_a_working_version_passes(world: World, cloud: Aws, kind: RolloutCheck) -> None:
    assert check(cloud, kind, versions(world)[kind]) == "Succeeded"


@pytest.mark.parametrize("kind", list(RolloutCheck))
def test_a_version_that_does_not_start_fails(world: World, cloud: Aws, kind: RolloutCheck) -> None:
    def broken(event: dict[str, Any], context: Any) -> Any:
        raise ImportError("no module named payouts")

    assert check(cloud, kind, broken) == "Failed"


@pytest.mark.parametrize("kind", list(RolloutCheck))
@pytest.mark.parametrize("answer", [{}, {"statusCode": 200}, {"statusCode": 500}, {"learned": 0}, None, []], ids=str)
def test_a_wrong_answer_fails(world: World, cloud: Aws, kind: RolloutCheck, answer: Any) -> None:
    if (kind, answer) != (RolloutCheck.HEALTH, {"statusCode": 200}):
        assert check(cloud, kind, lambda event, context: answer) == "Failed"


def test_a_poller_that_fails_every_tick_fails(world: World, cloud: Aws) -> None:
    """A canary of ten minutes gets one such tick, or none."""
    services = poller_services.build_services({**world.environment, "TABLE_NAME": "renamed-by-mistake"}, world.clock)
    handler = poller.create_handler(services, Logger())
    assert check(cloud, RolloutCheck.DRY_TICK, handler) == "Failed"
    with pytest.raises(PayoutError):
        handler({"dry": True}, Context())  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [RolloutCheck.DRY_TICK, RolloutCheck.FORGED_NOTIFICATION])
def test_a_version_that_cannot_read_the_secret_fails(world: World, cloud: Aws, kind: RolloutCheck) -> None:
    world.faults.throttle("GetSecretValue", times=5)
    assert check(cloud, kind, versions(world)[kind]) == "Failed"


def test_a_receiver_that_accepts_forgeries_fails(world: World, cloud: Aws) -> None:
    assert check(cloud, RolloutCheck.FORGED_NOTIFICATION, lambda event, context: {"statusCode": 200}) == "Failed"


def test_a_version_that_is_not_there_is_reported(world: World, cloud: Aws) -> None:
    assert check(cloud, RolloutCheck.HEALTH, None) == "Failed"


def test_lambda_is_waited_for_as_long_as_a_tick_takes(world: World) -> None:
    config = aws.lambda_().meta.config  # type: ignore[attr-defined]
    assert config.read_timeout > 60, "the poller's own timeout"


def test_a_dry_tick_changes_nothing(world: World) -> None:
    world.create(order())
    world.clock.advance(61)
    before, ledger = world.scan(), world.doku.ledger()["requests"]
    assert world.call_poller({"dry": True}, Context(lambda: 60_000)) == {"dry": True, "shardsDue": 1}
    assert world.scan() == before
    assert world.doku.ledger()["requests"] == ledger
    assert world.tick()["learned"] == 1, "what was due is due still"
