"""Every built function answers its samples under AWS's own emulator. The order of the tests matters."""

import json
import re
from typing import Any

import pytest

from tests.runtime.conftest import Cloud, contents
from tests.support.harness import sample_event

REFERENCE = "hsjkans284b2he54"
"""The reference in the samples of events/."""
API, RECEIVER = "TransferApiFunction", "NotificationReceiverFunction"
PROCESSOR, POLLER = "NotificationProcessorFunction", "StatusPollerFunction"


def answer(cloud: Cloud, function: str, sample: str) -> tuple[int, Any]:
    """Status and body of a function's HTTP answer to a sample."""
    result = cloud.functions[function].invoke(sample_event(sample))
    assert "statusCode" in result, (result, cloud.functions[function].logs()[-4000:])
    return result["statusCode"], json.loads(result["body"])


def debits(cloud: Cloud) -> list[Any]:
    return [one for one in cloud.stack.simulator.ledger()["debits"] if one["partnerReferenceNo"] == REFERENCE]


def test_a_create_and_its_replay_pay_once(cloud: Cloud) -> None:
    status, body = answer(cloud, API, "create-transfer")
    assert (status, body["partnerReferenceNo"], body["status"]) == (201, REFERENCE, "ACCEPTED")
    status, body = answer(cloud, API, "create-transfer")
    assert (status, body["status"]) == (201, "ACCEPTED")
    assert len(debits(cloud)) == 1


@pytest.mark.parametrize(
    ("sample", "fields"),
    [
        ("account-inquiry", {"sessionId", "beneficiaryAccountName", "fee"}),
        ("get-balance", {"availableBalance", "holdAmount", "creditAlertLimit"}),
        ("list-transfers", {"day", "transfers", "cursor"}),
        ("list-banks", {"banks"}),
        ("get-response-code", {"code", "readings"}),
        ("list-response-codes", {"codes"}),
        ("health", {"status"}),
    ],
)
def test_every_other_route_answers(cloud: Cloud, sample: str, fields: set[str]) -> None:
    status, body = answer(cloud, API, sample)
    assert status == 200
    assert fields <= body.keys()


def test_a_notification_is_authenticated_and_kept(cloud: Cloud) -> None:
    for kind in ("unpaid", "refund"):
        status, body = answer(cloud, RECEIVER, f"{kind}-notification")
        assert (status, body["status"], body["transactionId"]) == (200, True, "DK0018353")
        url = cloud.stack.queue_url("NotificationQueue")
        (message,) = cloud.stack.aws.sqs.receive_message(QueueUrl=url)["Messages"]
        assert json.loads(message["Body"])["kind"] == kind
        cloud.stack.aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_a_forged_notification_is_refused(cloud: Cloud) -> None:
    event = sample_event("unpaid-notification")
    event["headers"]["signature"] = "AAAA" + event["headers"]["signature"][4:]
    assert cloud.functions[RECEIVER].invoke(event)["statusCode"] == 401
    assert "Messages" not in cloud.stack.aws.sqs.receive_message(QueueUrl=cloud.stack.queue_url("NotificationQueue"))


def test_a_kept_notification_is_confirmed_and_applied(cloud: Cloud) -> None:
    assert cloud.functions[PROCESSOR].invoke(sample_event("notification-queue")) == {"batchItemFailures": []}
    for sample in ("get-transfer", "check-status"):
        status, body = answer(cloud, API, sample)
        assert (status, body["status"], body["final"]) == (200, "SUCCESS", True)
        assert [seen["finding"] for seen in body["history"]].count("NOTIFIED") == 1


def test_the_poller_learns_without_a_notification(cloud: Cloud) -> None:
    event = sample_event("create-transfer")
    event["body"] = event["body"].replace(REFERENCE, "PAY-UNDER-RIE-01")
    assert cloud.functions[API].invoke(event)["statusCode"] == 201
    cloud.stack.aws.dynamodb.update_item(  # as if a minute had passed
        TableName=cloud.stack.table_name,
        Key={"pk": {"S": "TRANSFER#PAY-UNDER-RIE-01"}},
        UpdateExpression="SET nextCheckAt = :then",
        ExpressionAttributeValues={":then": {"N": "1"}},
    )
    tick = cloud.functions[POLLER].invoke(sample_event("poll"))
    assert (tick["learned"], tick["skipped"], tick["circuitOpen"]) == (1, 0, False)
    assert tick["statuses"] == {"SUCCESS": 1}


def test_the_report_is_refused_without_a_bucket(cloud: Cloud) -> None:
    failed = cloud.functions[POLLER].invoke(sample_event("daily-report"))
    assert failed["errorType"] == "ValueError"
    assert "REPORT_BUCKET" in failed["errorMessage"]


@pytest.mark.parametrize("name", [API, RECEIVER, PROCESSOR, POLLER])
def test_a_function_stays_within_its_memory(cloud: Cloud, name: str) -> None:
    """Resident memory at its peak, after all of the above: what Lambda kills for."""
    assert 20 < cloud.functions[name].peak_memory() < cloud.stack.bundle.functions[name].memory / 2


def test_nothing_was_written_into_the_artefact(cloud: Cloud) -> None:
    assert contents(cloud.files) == cloud.before
    assert not [name for name in cloud.before if name.endswith(".py") and not _has_bytecode(name, cloud.before)]


def _has_bytecode(name: str, files: dict[str, str]) -> bool:
    return re.sub(r"([^/]+)\.py$", r"__pycache__/\1.cpython-313.pyc", name) in files
