"""The samples in events/ match API Gateway and SQS, and the handlers accept them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest

from local.aws import bundle
from local.in_process.backing_services import BackingServices
from local.in_process.webhooks import receiving
from tests.support.harness import ROOT, Context, World, sample_event
from tests.template.reading import translated

SAMPLES = sorted(path.stem for path in (ROOT / "events").glob("*.json"))
REFERENCE = "hsjkans284b2he54"
"""The reference in the samples, which DOKU's own samples have too."""
KEY = "0123456789abcdef"
"""What the samples are signed with."""


@pytest.fixture(scope="module")
def deployed() -> bundle.Bundle:
    return bundle.read(translated())


@pytest.fixture
def signing(backing_services: BackingServices, world: World) -> World:
    """A world in which DOKU signs with the samples' key."""
    changed = json.loads(backing_services.secret) | {"agentKey": "A41418", "notificationKey": KEY}
    backing_services.aws.secretsmanager.put_secret_value(
        SecretId=backing_services.secret_id, SecretString=json.dumps(changed)
    )
    return world


def body_of(result: Mapping[str, Any]) -> Any:
    return json.loads(result["body"])


def test_every_route_trigger_and_schedule_has_a_sample(deployed: bundle.Bundle) -> None:
    sampled = {sample_event(name).get("routeKey") for name in SAMPLES}
    assert {route.key for route in deployed.routes if "proxy" not in route.key} <= sampled
    assert {"notification-queue", "poll", "daily-report", "webhook-queue", "webhook-catch-up"} <= set(SAMPLES)


@pytest.mark.parametrize("name", [name for name in SAMPLES if "routeKey" in sample_event(name)])
def test_a_sample_of_a_route_is_of_a_route_of_the_template(deployed: bundle.Bundle, name: str) -> None:
    event = sample_event(name)
    context = event["requestContext"]
    (route,) = [route for route in deployed.routes if route.key == event["routeKey"]]
    assert event["version"] == "2.0"
    assert context["routeKey"] == route.key
    assert (context["http"]["method"], event["rawPath"]) == (route.method, context["http"]["path"])
    assert (route.authorizer is None) is ("authorizer" not in context)
    if route.authorizer is not None:
        assert set(context["authorizer"]["jwt"]["claims"]["scope"].split()) & set(route.scopes)
    assert all(header == header.lower() for header in event["headers"])


@pytest.mark.parametrize("name", [name for name in SAMPLES if "routeKey" in sample_event(name)])
def test_a_samples_content_length_is_that_of_its_body(name: str) -> None:
    event = sample_event(name)
    body = event.get("body", "")
    assert event["headers"]["content-length"] == str(len(body.encode()))
    assert not body or json.loads(body)


@pytest.mark.parametrize(
    ("sample", "queue", "function"),
    [
        ("notification-queue", "NotificationQueue", "NotificationProcessorFunction"),
        ("webhook-queue", "WebhookQueue", "WebhookSenderFunction"),
        ("webhook-batch-queue", "WebhookQueue", "WebhookSenderFunction"),
        ("batch-queue", "BatchQueue", "BatchWorkerFunction"),
        ("batch-file-queue", "BatchQueue", "BatchWorkerFunction"),
    ],
)
def test_a_queue_sample_matches_the_trigger(deployed: bundle.Bundle, sample: str, queue: str, function: str) -> None:
    (trigger,) = [trigger for trigger in deployed.triggers if trigger.queue == queue]
    (record,) = sample_event(sample)["Records"]
    assert trigger.function == function
    assert trigger.partial
    assert record["eventSourceARN"].endswith(
        {"NotificationQueue": "-notifications", "BatchQueue": "-batches"}.get(queue, "-webhooks")
    )
    assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()


def test_the_webhook_samples_are_taken(backing_services: BackingServices, signing: World) -> None:
    """The queue sample is what the rule sends: it has the same fields."""
    with receiving(backing_services, signing) as webhooks:
        signing.call_handler(sample_event("create-transfer"), Context())
        signing.clock.advance(120)
        signing.tick()
        webhooks.publish()
        (message,) = signing.sqs.receive_message(
            QueueUrl=webhooks.environment["WEBHOOK_QUEUE_URL"], VisibilityTimeout=0
        )["Messages"]
        sample = sample_event("webhook-queue")
        (record,) = sample["Records"]
        written, sampled = json.loads(message["Body"]), json.loads(record["body"])
        assert (written.keys(), written["detail"].keys()) == (sampled.keys(), sampled["detail"].keys())
        arn = webhooks.environment["WEBHOOK_QUEUE_URL"].rpartition("/")[2]
        record["eventSourceARN"] = f"arn:aws:sqs:ap-southeast-3:123456789012:{arn}"
        assert webhooks.call(sample, Context()) == {"batchItemFailures": []}
        assert [body["data"]["partnerReferenceNo"] for body in webhooks.bodies()] == [REFERENCE]
        assert webhooks.call(sample_event("webhook-catch-up"), Context()) == {"breaker": "closed", "moved": 0}


def test_the_samples_create_and_settle_a_transfer(signing: World) -> None:
    created = signing.call_handler(sample_event("create-transfer"), Context())
    assert (created["statusCode"], body_of(created)["status"]) == (201, "ACCEPTED")
    assert body_of(created)["partnerReferenceNo"] == REFERENCE
    assert len(signing.debits(REFERENCE)) == 1

    notified = signing.call_processor(sample_event("notification-queue"), Context(lambda: 60_000))
    assert notified == {"batchItemFailures": []}
    stored = signing.existing(REFERENCE)
    assert (stored.status, [seen.finding for seen in stored.history].count("NOTIFIED")) == ("SUCCESS", 1)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("account-inquiry", {"sessionId", "beneficiaryAccountName", "fee"}),
        ("get-balance", {"availableBalance", "holdAmount", "creditAlertLimit"}),
        ("get-balance-proof", {"day", "proof", "readings"}),
        ("list-transfers", {"day", "transfers", "cursor"}),
        ("get-transfer", {"partnerReferenceNo", "status", "history"}),
        ("list-notes", {"notes"}),
        ("check-status", {"partnerReferenceNo", "status", "history"}),
        ("list-banks", {"banks"}),
        ("get-response-code", {"code", "readings"}),
        ("list-response-codes", set()),
        ("health", {"status"}),
    ],
)
def test_a_sample_of_the_api_is_answered(signing: World, name: str, names: set[str]) -> None:
    signing.call_handler(sample_event("create-transfer"), Context())
    answer = signing.call_handler(sample_event(name), Context())
    assert answer["statusCode"] == 200
    assert names <= set(body_of(answer))


def test_the_schedules_samples_are_taken(signing: World) -> None:
    assert signing.call_poller(sample_event("poll"), Context(lambda: 60_000))["skipped"] == 0
    with pytest.raises(ValueError, match="REPORT_BUCKET"):  # off by default
        signing.call_poller(sample_event("daily-report"), Context(lambda: 60_000))


@pytest.mark.parametrize("kind", ["unpaid", "refund"])
def test_a_notification_sample_is_authentic_and_kept(signing: World, kind: str) -> None:
    result = signing.call_receiver(sample_event(f"{kind}-notification"), Context())
    assert (result["statusCode"], body_of(result)["transactionId"]) == (200, "DK0018353")
    assert signing.messages() == 1
    (message,) = signing.sqs.receive_message(QueueUrl=signing.environment["NOTIFICATION_QUEUE_URL"])["Messages"]
    assert json.loads(message["Body"])["kind"] == kind


def test_the_queue_sample_is_what_the_receiver_writes(signing: World) -> None:
    signing.call_receiver(sample_event("unpaid-notification"), Context())
    (message,) = signing.sqs.receive_message(QueueUrl=signing.environment["NOTIFICATION_QUEUE_URL"])["Messages"]
    written, sample = json.loads(message["Body"]), json.loads(sample_event("notification-queue")["Records"][0]["body"])
    assert list(written) == list(sample)
    assert written | {"receivedAt": 0} == sample | {"receivedAt": 0}


def test_an_unknown_transfers_sample_is_redelivered(signing: World) -> None:
    event = sample_event("notification-queue")
    answer = signing.call_processor(event, Context(lambda: 60_000))
    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
