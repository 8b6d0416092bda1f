"""The real handlers in this process, over moto's server and the simulator, on a clock that the test moves.

Nothing of ours is replaced. Faults come from where they come from in life: the simulator breaks DOKU, and hooks on
botocore's own events break AWS or kill the process.
"""

import copy
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from aws_lambda_powertools import Logger
from boto3.dynamodb.types import TypeDeserializer
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.httpsession import URLLib3Session
from botocore.loaders import Loader, create_loader
from botocore.session import Session, get_session

from local import bundle, template
from local.bundle import QueueTrigger
from local.clock import Clock
from local.doku_simulator.control import Control
from local.events import Drained, Pump
from local.gateway import Router
from notification_processor import entry as processor
from notification_receiver import entry as receiver
from payouts import aws
from payouts.store import items
from payouts.store.due import DueIndex
from payouts.store.table import Table
from payouts.store.transfers import TransferStore
from payouts.transfer import Transfer
from status_poller import entry as poller
from tests import conformity, log_watch
from transfer_api.entry import create_handler
from transfer_api.services import Services, compose

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

ROOT = Path(__file__).parent.parent
_numbers = itertools.count(1)


class Crash(BaseException):
    """The process dies here: no handler may catch it."""


@dataclass
class Answer:
    """An HTTP answer of a function."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Self:
        """From payload 2.0."""
        return cls(result["statusCode"], result.get("headers", {}), json.loads(result["body"]))


@dataclass
class Context:
    """What the handlers use of Lambda's context."""

    remaining: Callable[[], int] = lambda: 29_000
    function_name: str = "TransferApiFunction"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:ap-southeast-3:123456789012:function:TransferApiFunction"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds, as the test says."""
        return self.remaining()


@dataclass
class AwsFaults:
    """What is made to happen to calls of AWS, by operation such as `PutItem`: each hook is used once, in order."""

    before: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    after: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    lost_replies: dict[str, int] = field(default_factory=dict)
    pages: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    watch: Callable[[str, str], None] = lambda operation, body: None
    """Told of every call before it leaves: the operation, and what is asked for as JSON."""

    def install(self, session: Session) -> None:
        """Hook into every client that the session makes from now on."""
        events = session.get_component("event_emitter")
        events.register("before-call.*.*", self._before)
        events.register("after-call.*.*", self._after)
        events.register("before-send.*.*", self._send)

    def crash_before(self, operation: str) -> None:
        """Die before the next call of `operation` leaves."""
        self.before.setdefault(operation, []).append(_crash)

    def crash_after(self, operation: str) -> None:
        """Die when the next call of `operation` was answered."""
        self.after.setdefault(operation, []).append(_crash)

    def throttle(self, operation: str, times: int = 1) -> None:
        """Let calls of `operation` be throttled, after botocore's own retries."""

        def throttled() -> None:
            error = {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}
            raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation)  # type: ignore[typeddict-item]

        self.before.setdefault(operation, []).extend([throttled] * times)

    def lose_reply(self, operation: str, times: int = 1) -> None:
        """Carry the next request of `operation` out and lose its answer; botocore sends it again by itself."""
        self.lost_replies[operation] = times

    def answer_with_a_page(self, operation: str) -> None:
        """Let something in between answer the next request of `operation`, with 200 and HTML."""
        self.pages.add(operation)

    def _before(self, event_name: str, params: Mapping[str, Any], **_: Any) -> None:
        operation = event_name.rsplit(".", 1)[1]
        self.calls.append(operation)
        self.watch(operation, str(params["body"]))
        _run_next(self.before, operation)

    def _after(self, event_name: str, **_: Any) -> None:
        _run_next(self.after, event_name.rsplit(".", 1)[1])

    def _send(self, event_name: str, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        operation = event_name.rsplit(".", 1)[1]
        if operation in self.pages:
            self.pages.remove(operation)
            return AWSResponse(request.url, 200, HTTPHeaders(), _Page())
        if self.lost_replies.get(operation, 0):
            self.lost_replies[operation] -= 1
            URLLib3Session().send(request)
            raise ConnectionClosedError(endpoint_url=request.url)
        return None


class _Page:
    """A body as urllib3 has it."""

    def stream(self) -> Iterator[bytes]:
        yield b"<html>please log in</html>"


def _run_next(hooks: dict[str, list[Callable[[], None]]], operation: str) -> None:
    if hooks.get(operation):
        hooks[operation].pop(0)()


def _crash() -> None:
    raise Crash


@dataclass(frozen=True)
class InProcess:
    """A handler where the pump expects a function."""

    handler: Callable[[dict[str, Any], Any], Any]
    remaining: Callable[[], int] = lambda: 60_000

    def invoke(self, event: dict[str, Any], timeout: float | None = None) -> Any:
        """Call it here."""
        return self.handler(event, Context(self.remaining, "NotificationProcessorFunction"))


@dataclass
class World:
    """A deployment to call: the handlers, the table behind them, DOKU, and time."""

    environment: dict[str, str]
    clock: Clock
    doku: Control
    faults: AwsFaults
    services: Services
    call_handler: Callable[[dict[str, Any], Any], dict[str, Any]]
    call_receiver: Callable[[dict[str, Any], Any], dict[str, Any]]
    call_processor: Callable[[dict[str, Any], Any], dict[str, Any]]
    call_poller: Callable[[dict[str, Any], Any], dict[str, Any]]

    @classmethod
    def start(
        cls,
        environment: dict[str, str],
        clock: Clock,
        doku: Control,
        skew: float = 0.0,
        watch: Callable[[Session], None] = lambda session: None,
    ) -> Self:
        """A fresh function environment, as after a cold start; its clock is `skew` seconds off.

        `watch` may hook into the session that its clients of AWS come from.
        """
        faults = AwsFaults()
        aws.session.cache_clear()
        watch(aws.session())
        faults.install(_quick(aws.session()))
        now, logger = (lambda: clock() + skew), Logger(service="payouts")
        services = compose(environment, now, jitter=lambda: 0.0)
        return cls(
            environment,
            clock,
            doku,
            faults,
            services,
            create_handler(services, logger),
            receiver.create_handler(receiver.compose(environment, now), logger),
            processor.create_handler(processor.compose(environment, now, lambda: 0.0), logger),
            poller.create_handler(poller.compose(environment, now, lambda: 0.0), logger),
        )

    def restarted(self, skew: float = 0.0) -> "World":
        """Another cold start over the same table and DOKU."""
        return World.start(self.environment, self.clock, self.doku, skew)

    def scan(self) -> list[dict[str, Any]]:
        """Every item of the table."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.environment["TABLE_NAME"])
        decode = TypeDeserializer().deserialize
        return [{name: decode(value) for name, value in item.items()} for page in pages for item in page["Items"]]

    def write_attribute(self, reference: str, name: str, value: dict[str, str]) -> None:
        """Set an attribute of a transfer's item behind everybody's back."""
        self.dynamodb.update_item(
            TableName=self.environment["TABLE_NAME"],
            Key={"pk": {"S": f"TRANSFER#{reference}"}},
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )

    def new_table(self) -> str:
        """The name of an empty table like the deployment's."""
        like = self.dynamodb.describe_table(TableName=self.environment["TABLE_NAME"])["Table"]
        name = f"{like['TableName']}-{next(_numbers)}"
        kept = ("IndexName", "KeySchema", "Projection")
        indexes = [{key: index[key] for key in kept} for index in like["GlobalSecondaryIndexes"]]  # type: ignore[literal-required]
        self.dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=like["AttributeDefinitions"],
            KeySchema=like["KeySchema"],
            GlobalSecondaryIndexes=indexes,  # type: ignore[arg-type]
            BillingMode="PAY_PER_REQUEST",
        )
        return name

    @property
    def due_index(self) -> DueIndex:
        """The index of open transfers."""
        return DueIndex(Table(self.dynamodb, self.environment["TABLE_NAME"]))

    def shard_of(self, reference: str) -> int:
        """The shard of a transfer in it."""
        return int(items.shard(reference, int(self.environment["DUE_SHARDS"])))

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """A client of the test's own: no fault falls on it."""
        client: DynamoDBClient = _client("dynamodb")
        return client

    @cached_property
    def sqs(self) -> "SQSClient":
        """The same for queues."""
        client: SQSClient = _client("sqs")
        return client

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        remaining: Callable[[], int] = lambda: 29_000,
        sent_path: str | None = None,
        caller: str | None = "frontend-1",
    ) -> Answer:
        """Call the transfer API as API Gateway does. A `str` body goes as it is, anything else as JSON.

        `path` as the function sees it; `sent_path` as it was sent, where that is something else. `caller` is the
        token's `sub`, None for a token without one.
        """
        event = sample_event("create-transfer")
        event["rawPath"] = event["requestContext"]["http"]["path"] = path
        event["requestContext"]["http"]["method"] = method
        event["headers"] |= {name.lower(): value for name, value in (headers or {}).items()}
        event["body"] = body if isinstance(body, str | None) else json.dumps(body)
        event["routeKey"] = event["requestContext"]["routeKey"] = route_key(method, sent_path or path)
        log_watch.note(body)
        claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
        claims["sub"] = caller
        if caller is None:
            del claims["sub"]
        if query:
            event["queryStringParameters"] = dict(query)
        answer = Answer.of(self.call_handler(event, Context(remaining)))
        conformity.check(event["routeKey"], *astuple(answer))
        return answer

    def create(self, body: Mapping[str, Any], **options: Any) -> Answer:
        """POST /v1/transfers."""
        return self.request("POST", "/v1/transfers", dict(body), **options)

    def get(self, reference: str, refresh: bool = False) -> Answer:
        """GET /v1/transfers/{partnerReferenceNo}."""
        return self.request("GET", f"/v1/transfers/{reference}", query={"refresh": "true"} if refresh else None)

    def notify(self, kind: str, body: Any, headers: Mapping[str, str], **changes: Any) -> Answer:
        """Call the receiver as API Gateway does when DOKU calls back. A `str` body goes as it is."""
        event = sample_event(f"{kind}-notification")
        event["headers"] = {name.lower(): value for name, value in headers.items()}
        event["body"] = body if isinstance(body, str | None) else json.dumps(body)
        answer = Answer.of(self.call_receiver({**event, **changes}, Context(lambda: 10_000)))
        conformity.check(f"POST /notifications/kirim-doku/{kind}", *astuple(answer))
        return answer

    def tick(self, number: int = 0, of: int = 1, remaining: Callable[[], int] = lambda: 60_000) -> dict[str, Any]:
        """One tick of the schedule."""
        return self.call_poller({"poller": number, "of": of}, Context(remaining, "StatusPollerFunction"))

    def report(self) -> dict[str, Any]:
        """The daily schedule."""
        return self.call_poller({"report": "yesterday"}, Context(lambda: 60_000, "StatusPollerFunction"))

    def pump(self, remaining: Callable[[], int] = lambda: 60_000, batches: int = 1000) -> Drained:
        """Let the processor have every message that is visible now, in so many batches at most."""
        url = self.environment["NOTIFICATION_QUEUE_URL"]
        trigger = QueueTrigger("NotificationProcessorFunction", "NotificationQueue", 10, 0, True, None)
        function = InProcess(self.call_processor, remaining)
        return Pump(trigger, url, self.sqs, function).drain(max_batches=batches)

    def messages(self, queue: str = "NOTIFICATION_QUEUE_URL") -> int:
        """Messages in a queue, visible or not; `DEAD_LETTER_QUEUE_URL` for the dead ones."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.environment[queue], AttributeNames=names)
        return sum(int(value) for value in found["Attributes"].values())

    def stored(self, reference: str) -> Transfer | None:
        """The transfer as the table has it."""
        return self.store.get(reference)

    @property
    def store(self) -> TransferStore:
        """The table's edge."""
        return self.services.store

    def sent(self, reference: str, operation: str = "transfer") -> list[dict[str, Any]]:
        """Every request of `operation` about `reference` that reached DOKU."""
        requests = self.doku.ledger()["requests"]
        return [one for one in requests if one["operation"] == operation and one["partnerReferenceNo"] == reference]

    def debits(self, reference: str) -> list[dict[str, Any]]:
        """Every debit of the deposit for `reference`, returned ones included."""
        return [one for one in self.doku.ledger()["debits"] if one["partnerReferenceNo"] == reference]

    def let_time_pass(self, reference: str, minutes: int = 60) -> str:
        """Check whenever a check is due, for so long; the status at the end."""
        until = self.clock() + minutes * 60
        while (transfer := self.stored(reference)) and transfer.next_check_at is not None:
            due = transfer.next_check_at / 1000
            if due > until:
                break
            self.clock.advance(max(0.0, due - self.clock()))
            self.request("POST", f"/v1/transfers/{reference}/status-checks")
        stored = self.stored(reference)
        assert stored is not None
        return str(stored.status)


@cache
def _loader() -> Loader:
    return create_loader()


def _quick(session: Session) -> Session:
    """AWS's descriptions of its services are read once in this process, not at every cold start."""
    session.register_component("data_loader", _loader())
    return session


def _client(service: str) -> Any:
    """A client of the tests' own: no fault falls on it."""
    return _quick(get_session()).create_client(service)


@cache
def _router() -> Router:
    parameters = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}
    return Router(bundle.read(template.load(ROOT / "template.yaml", parameters)).routes)


def route_key(method: str, path: str) -> str:
    """The route by which API Gateway hands a path over."""
    found = _router().find(method, path)
    return found[0].key if found else f"{method} /v1/{{proxy+}}"


@contextmanager
def crashing() -> Iterator[None]:
    """Expect the process to die inside."""
    try:
        yield
    except Crash:
        return
    raise AssertionError("nothing crashed")


def sample_event(name: str) -> dict[str, Any]:
    """One of events/, to be changed at will."""
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return copy.deepcopy(event)


def new_reference() -> str:
    """A partnerReferenceNo that no other test uses."""
    return f"PAY-{next(_numbers):06d}"


_OF_AN_INQUIRY = (
    "customerNumber",
    "beneficiaryAccountNumber",
    "beneficiaryBankCode",
    "beneficiaryAccountName",
    "amount",
)


def inquiry_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The account inquiry that goes before a transfer."""
    return {name: body[name] for name in _OF_AN_INQUIRY}


def order(**changes: Any) -> dict[str, Any]:
    """A transfer as seed 003 shows it, with a fresh reference; None removes a field."""
    body: dict[str, Any] = {
        "partnerReferenceNo": new_reference(),
        "customerNumber": "628115678890",
        "beneficiaryAccountNumber": "8377388292",
        "beneficiaryBankCode": "014",
        "beneficiaryAccountName": "SUHUT",
        "amount": {"value": "200000.00", "currency": "IDR"},
        "senderFirstName": "JOHN",
        "senderLastName": "DOE",
        "senderPersonalId": "89012345",
        "senderPersonalIdType": "KTP",
        "remark": "Remark test",
    }
    body |= changes
    log_watch.note(body)
    return {name: value for name, value in body.items() if value is not None}
