"""The world of one worker: AWS, DOKU, a clock, and the functions in their own processes behind fault proxies."""

import contextlib
import itertools
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from boto3.dynamodb.types import TypeDeserializer
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.sqs.models import sqs_backends

from local.aws import moto_server, template
from local.aws.bundle import read
from local.aws.event_source import Drained
from local.aws.resources import Aws
from local.aws.session import REGION
from local.clock import Clock
from local.deployment import Deployment
from local.doku_simulator import Settings, Simulator
from local.gateway.api import Gateway
from local.gateway.authorizer import JwtAuthorizer, TokenIssuer
from local.gateway.http_server import HttpServer
from local.gateway.inbox import PATH, Inbox
from local.lambda_runtime.runtime import InvocationFailed
from local.state import StateDirectory
from tests.support.direct_aws import without_sockets
from tests.verification.matrix import proxy
from tests.verification.matrix.calls import of_aws, of_doku, of_receiver
from tests.verification.matrix.fork_server import ForkServer
from tests.verification.matrix.proxy import Proxy
from tests.verification.matrix.wire import Wire

API, RECEIVER = "TransferApiFunction", "NotificationReceiverFunction"
PROCESSOR, POLLER = "NotificationProcessorFunction", "StatusPollerFunction"
SENDER, WORKER = "WebhookSenderFunction", "BatchWorkerFunction"
MAKER, CHECKER = "local-merchant", "approver"
"""`sub` of the caller of most requests, and of the person who approves batches."""
BATCH_QUEUES = ("BatchQueue", "BatchDeadLetterQueue")
WEBHOOK_QUEUES = ("WebhookQueue", "WebhookReplayQueue", "WebhookDeadLetterQueue")
_PARAMETERS = {"JwtAudience": "payouts", "PollConcurrency": "2", "DokuRequestsPerSecond": "10000"}
_SHARDS = 8
"""Of the index of open transfers."""
_SCOPES = ("transfers:read", "transfers:write", "batches:read", "batches:write", "batches:approve")
_TOO_OLD = 1000  # seconds: a token lasts 900, a secret is read again after 300
_SHARD = 1
"""Of the transfers of all cells."""
_names = (f"MATRIX-{number:05d}" for number in itertools.count(1))
_decode = TypeDeserializer().deserialize


def _shard(reference: str) -> int:
    return zlib.crc32(reference.encode()) % _SHARDS


class _BehindProxy(Aws):
    """AWS endpoints: functions use the proxy, all other code the server itself."""

    def __init__(self, url: str, proxy_url: str) -> None:
        super().__init__(url)
        self._proxy_url = proxy_url

    def environment(self) -> dict[str, str]:
        """Environment variables with the proxy's address."""
        return {**super().environment(), "AWS_ENDPOINT_URL": self._proxy_url}


class World:
    """A deployment of the bundle at `root`, with function processes started by `fork_server`."""

    def __init__(self, root: Path, secret: Mapping[str, Any], secret_text: str, fork_server: ForkServer) -> None:
        self._closing = contextlib.ExitStack()
        self._state = StateDirectory(root)
        self._closing.callback(self._state.close)
        self.clock = Clock(self._state.clock)
        self.gateway = Gateway(0, self.clock, lambda _: None)
        self._closing.callback(self.gateway.server.close)
        url = f"{self.gateway.server.url}/notifications/kirim-doku"
        simulator = Simulator(Settings.from_secret(secret, ticker=False, notification_url=url), clock=self.clock)
        self._closing.enter_context(simulator)
        self.doku = simulator.world
        aws_server = moto_server.start(0, self.clock)
        self._closing.callback(aws_server.close)
        self._closing.enter_context(without_sockets(aws_server.url))
        self.wire = Wire()
        aws_proxy, doku_proxy = (
            Proxy(proxy.aws, of_aws, self.wire),
            Proxy(proxy.server(simulator.url), of_doku, self.wire),
        )
        self.inbox = Inbox(lambda: secret["webhookSecrets"], self.clock)
        receiver = HttpServer(self.inbox.handlers()[PATH], 0)
        receiver.start()
        self._closing.callback(receiver.close)
        receiver_proxy = Proxy(proxy.server(receiver.url), of_receiver, self.wire)
        self._closing.callback(receiver_proxy.close)
        self._closing.callback(aws_proxy.close)
        self._closing.callback(doku_proxy.close)
        self.aws = _BehindProxy(aws_server.url, aws_proxy.url)
        self._deploy(root, doku_proxy.url, receiver_proxy.url + PATH, secret_text, fork_server)

    def close(self) -> None:
        """Stop all processes and threads, and delete the state."""
        self._closing.close()

    def _deploy(self, root: Path, doku_url: str, webhook_url: str, secret: str, fork_server: ForkServer) -> None:
        issuer = TokenIssuer("https://login.example.com/", _PARAMETERS["JwtAudience"])
        parameters = {**_PARAMETERS, "JwtIssuer": "https://login.example.com/", "DokuBaseUrl": doku_url}
        parameters["WebhookUrl"] = webhook_url
        translated = template.load(root / "template.yaml", parameters)
        self.deployment = Deployment(translated, root, self.aws, self._state, self.clock, 1, fork_server.start)
        self._closing.callback(self.deployment.close)
        self._table = self.deployment.variable("TABLE_NAME")
        secret_id = self.deployment.variable("DOKU_SECRET_ID")
        self.aws.secretsmanager.put_secret_value(SecretId=secret_id, SecretString=secret)
        self.gateway.start(read(translated).routes, self.deployment.functions, JwtAuthorizer(issuer.public_key))
        self._tokens = {caller: issuer.token(_SCOPES, sub=caller) for caller in (MAKER, CHECKER)}

    # --- the merchant

    def call(self, method: str, path: str, body: Any = None, key: str = "", caller: str = MAKER) -> requests.Response:
        """Send one HTTP request of the merchant to the API."""
        headers = {"Authorization": f"Bearer {self._tokens[caller]}", **({"Idempotency-Key": key} if key else {})}
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.gateway.server.url + path, json=body, headers=headers, timeout=60)

    # --- triggers

    def drain(self) -> tuple[str, ...]:
        """Process every visible notification. Returns the errors of failed invocations."""
        return self._drain("NotificationQueue")

    def work(self) -> tuple[str, ...]:
        """Let the batch worker have every visible message. Returns errors as `drain`."""
        return self._drain("BatchQueue")

    def tick_batches(self) -> str:
        """Invoke the poller that drives the batches. Returns its answer or its error."""
        return self._poll(0)

    def deliver(self) -> tuple[str, ...]:
        """Move status events to their queue, and deliver every visible webhook. Returns errors as `drain`."""
        self.publish()
        return self._drain("WebhookQueue", "WebhookReplayQueue")

    def publish(self) -> None:
        """Move status events to their queue."""
        assert self.deployment.status_events is not None
        self.deployment.status_events.step()

    def _drain(self, *queues: str) -> tuple[str, ...]:
        total, wanted = Drained(), [pump for pump in self.deployment.pumps if pump.queue in queues]
        while (done := sum((pump.drain() for pump in wanted if self.messages(pump.queue)), Drained())).batches:
            total += done
        return total.errors

    def catch_up(self) -> str:
        """Invoke the schedule of the webhooks. Returns its answer or its error."""
        try:
            return str(self.deployment.functions[SENDER].invoke({"catchUp": True}))
        except InvocationFailed as error:
            return str(error)

    def open_breaker(self) -> None:
        """Make the breaker of the webhooks what ten failures make it."""
        item: Any = {"pk": {"S": "WEBHOOK#breaker"}, "failures": {"N": "10"}}
        self.aws.dynamodb.put_item(TableName=self._table, Item=item)

    def tick(self, reference: str) -> str:
        """Invoke the poller for the shard of this transfer only. Returns its answer or its error.

        Seven empty shards would only add seven calls to break.
        """
        return self._poll(_shard(reference))

    def _poll(self, shard: int) -> str:
        try:
            return str(self.deployment.functions[POLLER].invoke({"poller": shard, "of": _SHARDS}))
        except InvocationFailed as error:
            return str(error)

    def kill(self, function: str) -> None:
        """Send SIGKILL to a function process; the next invocation starts another."""
        self.deployment.functions[function].kill()

    def advance(self, seconds: float) -> None:
        """Let time pass; DOKU sends the notifications that are due."""
        self.doku.advance(max(0.0, seconds))

    # --- state

    def time(self, ahead: float = 0.0) -> str:
        """The present time, or that in so many seconds, as ISO 8601."""
        return datetime.fromtimestamp(self.clock() + ahead, UTC).isoformat(timespec="seconds")

    def items(self, kind: str) -> list[dict[str, Any]]:
        """The table's items of a kind, such as TRANSFER, read from moto's memory."""
        with self._moto_table() as table:
            items = [_attributes(item) for item in table.all_items()]
        return [item for item in items if item["pk"].startswith(f"{kind}#")]

    def item(self, reference: str) -> dict[str, Any] | None:
        """A transfer's item, read from moto's memory."""
        with self._moto_table() as table:
            found = table.get_item(DynamoType({"S": f"TRANSFER#{reference}"}))
            return _attributes(found) if found else None

    def texts(self, reference: str) -> dict[str, str] | None:
        """The texts and numbers of a transfer's item as they are stored. Every call is checked against them."""
        with self._moto_table() as table:
            found = table.get_item(DynamoType({"S": f"TRANSFER#{reference}"}))
            return {name: each.value for name, each in found.attrs.items() if each.type in "SN"} if found else None

    @contextlib.contextmanager
    def _moto_table(self) -> Iterator[Any]:
        with moto_server.at_rest():
            yield dynamodb_backends[moto_server.ACCOUNT][REGION].get_table(self._table)

    @contextlib.contextmanager
    def _moto_queue(self, queue: str) -> Iterator[Any]:
        with moto_server.at_rest():
            yield sqs_backends[moto_server.ACCOUNT][REGION].get_queue(self.deployment.ids[queue].rpartition("/")[2])

    def ledger(self) -> dict[str, Any]:
        """DOKU's ledger."""
        return self.doku.ledger.snapshot(self.clock())

    def messages(self, queue: str) -> int:
        """Messages in a queue of the template, visible or not, read from moto's memory."""
        with self._moto_queue(queue) as found:
            return len(found._messages)

    def log_sizes(self) -> dict[Path, int]:
        """The size of each function's log, in bytes."""
        return {path: path.stat().st_size for path in self._state.logs.glob("*.log")}

    def logged_since(self, sizes: Mapping[Path, int]) -> str:
        """Log lines of the functions since `log_sizes`."""
        return "".join(path.read_text(errors="replace")[sizes.get(path, 0) :] for path in self.log_sizes())

    # --- reset

    def reset(self) -> None:
        """Empty the table, the queues and DOKU's ledger, and let the tokens and secrets in memory expire."""
        self.wire.begin()
        self.clock.advance(_TOO_OLD)
        with self._moto_table() as table:
            table.items.clear()
        self.doku.reset()
        assert self.deployment.status_events is not None
        self.deployment.status_events.skip()
        self.inbox.clear()
        for name in ("NotificationQueue", "NotificationDeadLetterQueue", *BATCH_QUEUES, *WEBHOOK_QUEUES):
            with self._moto_queue(name) as queue:
                queue._messages, queue._pending_messages = [], set()
        self.wire.clear()

    def delete_token(self) -> None:
        """Delete the shared token."""
        for item in self.items("TOKEN"):
            self.aws.dynamodb.delete_item(TableName=self._table, Key={"pk": {"S": item["pk"]}})

    def new_reference(self) -> str:
        """A partnerReferenceNo that no cell of this worker has used, in the same shard as all others.

        Pollers of other shards make other calls: the first drives batches, and the last ones sweep nothing.
        """
        return next(name for name in _names if _shard(name) == _SHARD)


def _attributes(item: Any) -> dict[str, Any]:
    return {name: _decode(value) for name, value in item.to_json()["Attributes"].items()}
