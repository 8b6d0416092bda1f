"""Least privilege: every call of the demo is granted, and every grant is used."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
import requests
from rich.console import Console

from doku_signing.timestamps import WIB
from local import deployment
from local.aws import moto_server
from local.aws.session import REGION, local_session
from local.demo.scenarios import scenarios
from local.demo.stage import Stage
from local.gateway.http_server import Request, Response
from local.in_process.batches import post_file
from local.lambda_runtime.launch import launch
from local.lambda_runtime.runtime import Launch
from local.stack import LocalStack
from tests.integration.batches.rows import HEADER, LINE
from tests.template import calls
from tests.template.policies import Call, Grant, Policies, is_allowed
from tests.template.reading import FUNCTIONS, translated

BUCKET = "reports-of-the-test"
PARAMETERS = {
    "ReportBucket": BUCKET,
    "DailyCountLimit": "100000",
    "CallerDailyCountLimit": "100000",
    "DokuRequestsPerSecond": "10000",
}
NOT_SHOWN = {
    "logs:CreateLogStream": "Lambda writes the log, with the function's role",
    "logs:PutLogEvents": "Lambda writes the log, with the function's role",
    "s3:ListBucket": "S3 answers 404 instead of 403 for a file that was not uploaded",
    "kms:Decrypt": "DynamoDB, SQS and Secrets Manager call KMS on the caller's behalf",
    "kms:Encrypt": "DynamoDB calls KMS on behalf of a caller that writes",
    "kms:GenerateDataKey": "SQS calls KMS on the sender's behalf, DynamoDB on a writer's",
    "kms:DescribeKey": "DynamoDB calls KMS on the caller's behalf",
    "sqs:ReceiveMessage": "Lambda's event source mapping reads the queue, with the processor's role",
    "sqs:DeleteMessage": "Lambda's event source mapping reads the queue, with the processor's role",
    "sqs:GetQueueAttributes": "Lambda's event source mapping reads the queue, with the processor's role",
}
"""Granted actions that the functions' code never calls, with the reason. kms:Sign and ec2 are off by default."""

NOT_PLAYED = {
    ("NotificationProcessorRole", "dynamodb:GetItem", "SESSION#*"): "a notification that names only the session",
    **{
        ("BatchWorkerRole", f"dynamodb:{action}", "TOKEN#*"): "another function has requested the token before"
        for action in ("PutItem", "UpdateItem")
    },
    **{
        ("StatusPollerRole", action, f"{BUCKET}/reports/unfinished/*"): "a report that takes several invocations"
        for action in ("s3:GetObject", "s3:DeleteObject")
    },
    ("TransferApiRole", "s3:GetObject", "BatchBucket/results/*"): "whoever opens the link that the function has signed",
    **{
        (role, "dynamodb:PutItem", "RETURN#*"): "a failure or refund whose notification is late"
        for role in ("TransferApiRole", "StatusPollerRole", "BatchWorkerRole")
    },
}
"""Role, action, and keys or resource of grants that the demo does not use. Tests of the processor and the report do."""


@dataclass(frozen=True)
class Played:
    """The calls of each function, each once, and its role's grants."""

    calls: dict[str, set[Call]]
    grants: dict[str, list[Grant]]
    policies: Policies


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    """The whole demo in real processes, where each function has its own access key."""
    seen: dict[str, set[Call]] = {function: set() for function in FUNCTIONS}
    with _recording(seen), LocalStack(parameters=PARAMETERS) as stack:
        s3 = local_session().client("s3", endpoint_url=stack.aws.url)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        _play(Stage(stack, Console(file=io.StringIO())))
        policies = Policies(translated(**PARAMETERS), stack.deployment.ids)
        yield Played(seen, {function: policies.of(function) for function in FUNCTIONS}, policies)


@contextmanager
def _recording(seen: dict[str, set[Call]]) -> Iterator[None]:
    """Record the calls that reach the AWS endpoint under a function's access key."""
    answer: Callable[[Request], Response] = moto_server.answer

    def recorded(request: Request) -> Response:
        if calls.access_key(request) in seen:
            for call in calls.of(request):
                seen[call.function].add(call)
        return answer(request)

    def as_itself(function: Any, *arguments: Any) -> Launch:
        launched = launch(function, *arguments)
        return replace(launched, environment={**launched.environment, "AWS_ACCESS_KEY_ID": function.name})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moto_server, "answer", recorded)
        patch.setattr(deployment, "launch", as_itself)
        yield


def _play(stage: Stage) -> None:
    """Every scenario, and then calls that none of them makes: a key, lists, a day's report, 429s of DOKU."""
    for scenario in scenarios(stage):
        scenario.play(stage)
    headers = {"Authorization": f"Bearer {stage.stack.token()}", "Idempotency-Key": "least-privilege"}
    created = requests.post(f"{stage.stack.api_url}/v1/transfers", json=stage.order(), headers=headers, timeout=60)
    assert created.status_code == 201
    account, known = stage.order()["beneficiaryAccountNumber"], created.json()["referenceNo"]
    for selector in ("", "?open=true", f"?beneficiaryAccountNumber={account}", f"?referenceNo={known}"):
        assert stage.call("GET", f"/v1/transfers{selector}").json()["transfers"], selector
    assert stage.call("GET", "/v1/balance-proof").status_code == 200
    notes = f"/v1/transfers/{created.json()['partnerReferenceNo']}/notes"
    assert stage.call("POST", notes, {"text": "least privilege"}).status_code == 201
    _throttle(stage)
    _play_batches(stage)
    test = '{"detail-type": "WebhookTest", "detail": {"test": "least-privilege"}}'
    stage.stack.aws.sqs.send_message(QueueUrl=stage.stack.queue_url("WebhookReplayQueue"), MessageBody=test)
    replay = json.dumps(
        {"detail-type": "WebhookReplay", "detail": {"partnerReferenceNo": created.json()["partnerReferenceNo"]}}
    )
    stage.stack.aws.sqs.send_message(QueueUrl=stage.stack.queue_url("WebhookReplayQueue"), MessageBody=replay)
    stage.stack.inbox.fail(1_000)
    stage.stack.drain()
    stage.stack.inbox.fail(0)
    stage.doku.advance(86_400)
    assert any(answer.get("transfers") for answer in stage.stack.tick().values()), "no report was written"


def _play_batches(stage: Stage) -> None:
    """A batch that waits for its time and for funds, and one that is cancelled while it is paused."""
    row = {name: value for name, value in stage.order().items() if name != "partnerReferenceNo"}
    stage.doku.advance(70)  # the rate may be halved again
    later = datetime.fromtimestamp(stage.stack.clock() + 1800, WIB).isoformat()
    played: tuple[tuple[str, range, dict[str, str]], ...] = (
        ("LATER", range(2), {"scheduledAt": later}),
        ("STOPPED", range(2, 104), {}),
    )
    for reference, accounts, fields in played:
        rows = [{**row, "beneficiaryAccountNumber": str(6_000_000 + each)} for each in accounts]
        body = {"batchReference": reference, "transfers": rows, **fields}
        if reference == "LATER":
            stage.doku.fault("inquiry", "throttled")
        assert stage.call("POST", "/v1/batches", body).status_code == 201
        stage.stack.drain()
        stage.doku.advance(61)
        stage.stack.tick()
        stage.stack.drain()
        assert stage.call("PATCH", f"/v1/batches/{reference}/rows/1", {"excluded": True}).status_code == 200
        digest = stage.call("POST", f"/v1/batches/{reference}/submission").json()["digest"]
        approval = {"decision": "APPROVE", "digest": digest}
        approver = {"Authorization": f"Bearer {stage.stack.approver_token()}"}
        url = f"{stage.stack.api_url}/v1/batches/{reference}/approvals"
        assert requests.post(url, json=approval, headers=approver, timeout=60).status_code == 200
    assert stage.call("POST", "/v1/batches/STOPPED/pause").status_code == 200
    assert stage.call("POST", "/v1/batches/STOPPED/cancellation").status_code == 202
    stage.stack.drain()
    stage.doku.deposit("1000.00")
    stage.doku.advance(1800)
    for _ in range(2):  # it is released, and waits for funds
        stage.stack.tick()
        stage.stack.drain()
        stage.doku.advance(61)
    stage.doku.deposit("100000000.00")
    stage.stack.tick()
    stage.stack.drain()
    found = {each["batchReference"]: each["status"] for each in stage.call("GET", "/v1/batches").json()["batches"]}
    assert (found["LATER"], found["STOPPED"]) == ("SETTLING", "CANCELLED")
    assert stage.call("GET", "/v1/batches/LATER/result").status_code == 200
    again = {"batchReference": "AGAIN"}
    assert stage.call("POST", "/v1/batches/STOPPED/repayments", again).status_code == 201
    stage.stack.drain()
    _play_a_file(stage)
    assert len(stage.call("GET", "/v1/batches/LATER/rows").json()["rows"]) == 2


def _play_a_file(stage: Stage) -> None:
    """A batch that is read from a file, and one whose file was not uploaded."""
    content = f"{HEADER}\n{LINE.replace('200000', '210000')}\n".encode()  # an amount that was not paid before
    body = {"batchReference": "FILE", "sha256": hashlib.sha256(content).hexdigest()}
    post_file(stage.call("POST", "/v1/batches", body).json()["upload"], content)
    assert stage.call("POST", "/v1/batches", {**body, "batchReference": "MISSING"}).status_code == 201
    for reference in ("FILE", "MISSING"):
        assert stage.call("POST", f"/v1/batches/{reference}/checks").status_code == 202
    stage.stack.drain()
    assert stage.call("GET", "/v1/batches/FILE").json()["status"] == "READY"
    assert stage.call("GET", "/v1/batches/MISSING").json()["file"]["problem"].startswith("nothing was uploaded")


def _throttle(stage: Stage) -> None:
    """Let DOKU answer a question of each function with 429, at times at which each halves the rate."""
    stage.doku.fault("balance", "throttled")
    assert stage.call("GET", "/v1/balance").status_code == 429
    unpaid = stage.order(beneficiaryAccountNumber="9912345678", channelCode="07", beneficiaryAccountName="SITI RAHAYU")
    assert stage.create(unpaid).status_code == 201
    stage.doku.fault("status", "throttled", partnerReferenceNo=unpaid["partnerReferenceNo"])
    stage.doku.advance(70)
    stage.stack.tick()
    stage.doku.fault("status", "throttled", partnerReferenceNo=unpaid["partnerReferenceNo"])
    stage.deliver_notifications(5)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_call_is_granted(played: Played, function: str) -> None:
    assert played.calls[function]
    assert [call for call in played.calls[function] if not is_allowed(call, played.grants[function])] == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_grant_is_used(played: Played, function: str) -> None:
    """By action, resource and prefix of keys."""
    narrow = [one for grant in played.grants[function] if grant.action not in NOT_SHOWN for one in grant.narrowed()]
    bucket = played.policies.arn("BatchBucket").rpartition(":")[2]
    idle = [grant for grant in narrow if not any(grant.covers(call) for call in played.calls[function])]
    unused = [str(grant).replace(bucket, "BatchBucket") for grant in idle]
    assert [one for one in unused if (*one.split()[:2], one.split()[-1]) not in NOT_PLAYED] == []


def test_the_listed_exceptions_are_granted_and_not_called(played: Played) -> None:
    granted = {grant.action for grants in played.grants.values() for grant in grants}
    dead = played.policies.arn("WebhookDeadLetterQueue")  # the sender itself reads it
    called = {call.action for found in played.calls.values() for call in found if call.resource != dead}
    assert NOT_SHOWN.keys() <= granted
    assert not NOT_SHOWN.keys() & called


@pytest.mark.parametrize(
    ("function", "action", "resource", "key"),
    [
        ("NotificationReceiverFunction", "dynamodb:GetItem", "table", "TRANSFER#PAY-1"),
        ("NotificationReceiverFunction", "dynamodb:PutItem", "table", "TRANSFER#PAY-1"),
        ("NotificationProcessorFunction", "dynamodb:PutItem", "table", "TRANSFER#PAY-1"),
        ("NotificationProcessorFunction", "dynamodb:UpdateItem", "table", "SWITCH#transfers"),
        ("NotificationProcessorFunction", "dynamodb:UpdateItem", "table", "SESSION#I1"),
        ("NotificationProcessorFunction", "dynamodb:Query", "table/index/due", ""),
        ("StatusPollerFunction", "dynamodb:PutItem", "table", "TRANSFER#PAY-1"),
        ("StatusPollerFunction", "dynamodb:Query", "table/index/by-reference", ""),
        ("StatusPollerFunction", "sqs:SendMessage", "queue", ""),
        ("StatusPollerFunction", "dynamodb:PutItem", "table", "BATCH#PAYROLL"),
        ("BatchWorkerFunction", "dynamodb:PutItem", "table", "BATCH#PAYROLL"),
        ("BatchWorkerFunction", "dynamodb:UpdateItem", "table", "SWITCH#transfers"),
        ("BatchWorkerFunction", "dynamodb:Query", "table/index/due", ""),
        ("WebhookSenderFunction", "dynamodb:UpdateItem", "table", "TRANSFER#PAY-1"),
        ("WebhookSenderFunction", "dynamodb:GetItem", "table", "TOKEN#client"),
        ("WebhookSenderFunction", "dynamodb:Query", "table/index/by-day", ""),
        ("TransferApiFunction", "dynamodb:UpdateItem", "table", "SWITCH#transfers"),
        ("TransferApiFunction", "dynamodb:UpdateItem", "another table", "TRANSFER#PAY-1"),
        ("TransferApiFunction", "dynamodb:DeleteItem", "table", "TRANSFER#PAY-1"),
        ("TransferApiFunction", "dynamodb:Scan", "table", ""),
    ],
)
def test_other_calls_are_refused(played: Played, function: str, action: str, resource: str, key: str) -> None:
    kind, index, name = resource.partition("/index/")
    arn = played.policies.arn("NotificationQueue" if kind == "queue" else "TransfersTable")
    arn += "2" if kind == "another table" else ""
    call = Call(function, action, arn + index + name, (key,) if key else ())
    assert not is_allowed(call, played.grants[function])
