"""The local stack as a whole, with a bundle that has one of everything."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from local.aws.event_source import Drained
from local.aws.schedules import Ticker
from local.stack import LocalStack
from tests.support.waiting import in_the_background, until

ROOT = Path(__file__).parent / "fixture_bundle"
MINUTE = 60


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack(ROOT, simulator=False) as stack:
        yield stack


@pytest.fixture
def queue(stack: LocalStack) -> Iterator[str]:
    """The fixture's queue, empty before and after."""
    url = stack.queue_url("Queue")
    yield url
    stack.clock.advance(MINUTE + 1)  # as often as SQS lets a queue be purged
    for name in ("Queue", "DeadLetterQueue"):
        stack.aws.sqs.purge_queue(QueueUrl=stack.queue_url(name))


def get(stack: LocalStack, path: str, *scopes: str, **options: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {stack.token(scopes)}"} if scopes else {}
    return requests.get(stack.api_url + path, headers=headers, timeout=10, **options)


def post(stack: LocalStack, path: str, **options: Any) -> requests.Response:
    return requests.post(stack.api_url + path, timeout=20, **options)


def send(stack: LocalStack, queue: str, **todo: Any) -> str:
    return stack.aws.sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(todo))["MessageId"]


def stored(stack: LocalStack, pk: str) -> Any:
    """The record of the message that wrote `pk`, or None."""
    item = stack.aws.dynamodb.get_item(TableName=stack.table_name, Key={"pk": {"S": pk}}).get("Item")
    return json.loads(item["record"]["S"]) if item else None


def count(stack: LocalStack, logical_id: str) -> int:
    """Messages in a queue, hidden ones included."""
    sqs: Any = stack.aws.sqs
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=stack.queue_url(logical_id), AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


# --- the API


def test_a_request_reaches_the_function_as_an_event(stack: LocalStack) -> None:
    response = get(stack, "/items/a%20b?x=1&x=2", "items:read")

    event = response.json()["event"]
    assert response.status_code == 200
    assert event["routeKey"] == "GET /items/{id}"
    assert event["pathParameters"] == {"id": "a b"}
    assert event["queryStringParameters"] == {"x": "1,2"}
    assert event["requestContext"]["authorizer"]["jwt"]["claims"]["aud"] == "payouts"
    assert event["requestContext"]["authorizer"]["jwt"]["scopes"] == ["items:read"]


def test_the_functions_variables_are_resolved(stack: LocalStack) -> None:
    environment = get(stack, "/open").json()["environment"]

    assert environment["TABLE_NAME"] == stack.table_name
    assert environment["TABLE_ARN"].endswith(f":table/{stack.table_name}")
    assert environment["QUEUE_URL"] == stack.queue_url("Queue")
    assert environment["GREETING"] == "hello from ap-southeast-3"
    assert environment["AWS_ENDPOINT_URL"] == stack.aws.url


def test_what_has_no_route_is_404(stack: LocalStack) -> None:
    for response in (get(stack, "/nothing"), get(stack, "/trouble"), get(stack, "/open/")):
        assert (response.status_code, response.json()) == (404, {"message": "Not Found"})


def test_a_page_lists_the_routes(stack: LocalStack) -> None:
    response = get(stack, "/_local/routes")

    assert response.status_code == 200
    assert "/items/{id}" in response.text


def test_no_token_is_401_and_the_wrong_scope_403(stack: LocalStack) -> None:
    nobody, stranger = get(stack, "/items/1"), get(stack, "/items/1", "items:write")

    assert (nobody.status_code, nobody.json()) == (401, {"message": "Unauthorized"})
    assert (stranger.status_code, stranger.json()) == (403, {"message": "Forbidden"})


def test_a_route_without_scopes_takes_any_good_token(stack: LocalStack) -> None:
    assert get(stack, "/items", "whatever").status_code == 200
    assert get(stack, "/items").status_code == 401


def test_the_functions_answer_is_the_response(stack: LocalStack) -> None:
    answer = {"statusCode": 418, "headers": {"X-Tea": "pot"}, "cookies": ["a=1"], "body": "short and stout"}

    response = post(stack, "/answer", json=answer)

    assert (response.status_code, response.text) == (418, "short and stout")
    assert (response.headers["x-tea"], response.headers["set-cookie"]) == ("pot", "a=1")


def test_an_answer_that_cannot_be_sent_is_500(stack: LocalStack) -> None:
    response = post(stack, "/answer", json={"statusCode": "teapot"})

    assert (response.status_code, response.json()) == (500, {"message": "Internal Server Error"})


def test_an_oversized_request_is_413(stack: LocalStack) -> None:
    for size in (10 * 1024 * 1024 + 1, 7 * 1024 * 1024):
        response = post(stack, "/open", data=b"x" * size, headers={"Content-Type": "text/plain"})
        assert (response.status_code, response.json()) == (413, {"message": "Request Entity Too Large"})


@pytest.mark.parametrize("todo", ["raise", "crash"])
def test_a_function_that_fails_is_500(stack: LocalStack, todo: str) -> None:
    stack.functions["TroubleFunction"].invoke({})  # the route's time limit is no time to start in

    response = post(stack, "/trouble", json={"do": todo})

    assert (response.status_code, response.json()) == (500, {"message": "Internal Server Error"})


def test_a_function_slower_than_the_integration_is_503(stack: LocalStack) -> None:
    response = post(stack, "/trouble", json={"do": "hang"})

    assert (response.status_code, response.json()) == (503, {"message": "Service Unavailable"})


# --- AWS


def test_of_many_conditional_writes_at_once_one_wins(stack: LocalStack) -> None:
    def put(number: int) -> bool:
        item = {"pk": {"S": "door"}, "by": {"N": str(number)}}
        try:
            stack.aws.dynamodb.put_item(
                TableName=stack.table_name, Item=item, ConditionExpression="attribute_not_exists(pk)"
            )
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(put, range(64))) == 1


def test_a_long_poll_blocks_no_other_request(stack: LocalStack, queue: str) -> None:
    with ThreadPoolExecutor(1) as threads:
        polled = threads.submit(stack.aws.sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=10)
        send(stack, queue, do="ok")

        assert len(polled.result(5)["Messages"]) == 1


# --- queues


def test_messages_are_processed_and_deleted(stack: LocalStack, queue: str) -> None:
    sent = send(stack, queue, do="ok", pk="one")

    assert stack.drain() == Drained(batches=1, succeeded=1)

    record = stored(stack, "one")
    assert record["messageId"] == sent
    assert record["body"] == '{"do": "ok", "pk": "one"}'
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].endswith(queue.rpartition("/")[2])
    assert record["awsRegion"] == "ap-southeast-3"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert abs(int(record["attributes"]["SentTimestamp"]) / 1000 - stack.clock()) < MINUTE
    assert record["receiptHandle"]
    assert len(record["md5OfBody"]) == 32
    assert count(stack, "Queue") == 0


def test_only_failed_messages_of_a_batch_stay(stack: LocalStack, queue: str) -> None:
    send(stack, queue, do="ok", pk="good")
    send(stack, queue, do="fail")

    assert stack.drain() == Drained(batches=1, succeeded=1, failed=1)
    assert stack.drain() == Drained()
    assert count(stack, "Queue") == 1

    stack.clock.advance(MINUTE + 1)

    assert stack.drain() == Drained(batches=1, failed=1)


def test_an_error_fails_the_whole_batch(stack: LocalStack, queue: str) -> None:
    send(stack, queue, do="ok", pk="beside")
    send(stack, queue, do="raise")

    done = stack.drain()

    assert (done.succeeded, done.failed) == (0, 2)
    assert done.errors[0].startswith("ValueError: this batch is wrong")
    assert count(stack, "Queue") == 2


def test_a_delayed_message_comes_due_when_the_clock_is_advanced(stack: LocalStack, queue: str) -> None:
    body = json.dumps({"do": "ok", "pk": "delayed"})
    stack.aws.sqs.send_message(QueueUrl=queue, MessageBody=body, DelaySeconds=900)

    assert stack.drain() == Drained()
    stack.clock.advance(901)
    assert stack.drain().succeeded == 1


def test_in_the_background_messages_are_processed_as_they_come(stack: LocalStack, queue: str) -> None:
    with in_the_background(stack.deployment.pumps[0].run):
        send(stack, queue, do="ok", pk="background")
        until(lambda: stored(stack, "background"))

    assert stack.drain() == Drained(), "the message was taken out, and nothing is left for anybody else"


# --- schedules


def test_a_tick_invokes_what_is_scheduled(stack: LocalStack) -> None:
    answers = stack.tick()

    event = answers["PollerFunctionEveryMinute"]
    assert (event["source"], event["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert event["resources"][0].endswith(":schedule/default/PollerFunctionEveryMinute")
    assert event["time"].endswith("Z")
    assert answers["PollerFunctionRule"] == {"input": True}


def test_in_the_background_ticks_follow_the_shared_clock(stack: LocalStack) -> None:
    ticked: list[Any] = []

    class Scheduled:
        def invoke(self, event: Any, timeout: float | None = None) -> Any:
            ticked.append(event)

    schedule = stack.deployment.tickers[0].schedule
    with in_the_background(Ticker(schedule, stack.clock, Scheduled()).run):
        stack.clock.advance(61)
        until(lambda: ticked)

    assert len(ticked) == 1


# --- functions by hand
