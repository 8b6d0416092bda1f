"""The whole bundle without AWS: starts and stops everything that template.yaml lists."""

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import urlsplit

from local import doku_secret
from local.aws import bundle, moto_server, template
from local.aws.bundle import Bundle
from local.aws.event_source import Drained
from local.aws.resources import TABLE_ENDPOINT, Aws
from local.clock import Clock
from local.deployment import Deployment
from local.doku_simulator.control import Control
from local.gateway import console, docs
from local.gateway.api import Gateway, LocalHandler
from local.gateway.authorizer import ISSUER, JwtAuthorizer, TokenIssuer
from local.gateway.http_server import HOST
from local.gateway.inbox import PATH, Inbox
from local.gateway.pages import pages
from local.lambda_runtime.child import REPOSITORY
from local.lambda_runtime.logs import Follower
from local.lambda_runtime.pool import FunctionPool
from local.ports import Ports, bound, free_port
from local.simulator import SimulatorProcess
from local.state import StateDirectory

AUDIENCE = "payouts"
SCOPES = (
    "transfers:read",
    "transfers:write",
    "transfers:note",
    "transfers:settle",
    "batches:read",
    "batches:write",
)
APPROVER, APPROVER_SCOPES = "approver-1", ("transfers:read", "batches:read", "batches:approve")
"""The person who approves what others create, and that person's scopes."""
_NOWHERE = f"http://{HOST}:1"  # refuses connections, so that no real DOKU is called by default


def _ignore(line: str) -> None:
    pass


def _print(line: str) -> None:
    print(line, flush=True)


class _Closes(Protocol):
    def close(self) -> None:
        """Release the resource."""


_Closeable = TypeVar("_Closeable", bound=_Closes)


class LocalStack:
    """The bundle at `root`, running during the `with`.

    `parameters` override the template's. `doku` replaces the simulator; without both, DOKU cannot be reached.
    `table_url` is another table engine, by default AWS_ENDPOINT_URL_DYNAMODB. `concurrency` is the maximum number of
    workers of each function. With `background`, queues and schedules run in threads, otherwise in `drain` and `tick`.
    `echo_logs` prints the functions' logs. `report` is called with a line for each step of the start.
    """

    state: StateDirectory
    clock: Clock
    gateway: Gateway
    inbox: Inbox
    bundle: Bundle
    aws: Aws
    deployment: Deployment

    def __init__(
        self,
        root: Path = REPOSITORY,
        *,
        simulator: bool = True,
        doku: doku_secret.OtherDoku | None = None,
        ports: Ports | int = 0,
        parameters: Mapping[str, str] | None = None,
        table_url: str | None = None,
        concurrency: int = 4,
        background: bool = False,
        echo_logs: bool = False,
        report: Callable[[str], None] = _ignore,
    ) -> None:
        self._root, self._doku, self._parameters = root, doku, parameters or {}
        self._simulated = simulator and doku is None
        self._ports = ports if isinstance(ports, Ports) else Ports(ports, ports, ports)
        self._table_url = table_url or os.environ.get(TABLE_ENDPOINT)
        self._concurrency, self._background, self._echo, self._report = concurrency, background, echo_logs, report
        self._closing = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as started:  # ends what was started if a later step fails
            self._closing = started
            self._start()
            self._closing = started.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End all processes and threads, and delete the state directory."""
        self._closing.close()

    # --- addresses and names

    @property
    def api_url(self) -> str:
        """The API's base URL, without a slash at the end."""
        return self.gateway.server.url

    @property
    def simulator_url(self) -> str | None:
        """The simulator's base URL. None if it is not used."""
        return self._simulator.url if self._simulator else None

    @property
    def doku_host(self) -> str | None:
        """The host of the DOKU that replaces the simulator and may move real money. None with the simulator."""
        return None if self._simulator else urlsplit(self.variable("DOKU_BASE_URL")).netloc

    @property
    def simulator(self) -> Control:
        """The client of the simulator's controls: faults, ledger, clock."""
        if self._simulator is None:
            raise RuntimeError("this stack runs without the simulator")
        return Control(self._simulator.url)

    @property
    def table_name(self) -> str:
        """The table's physical name: TABLE_NAME of the functions."""
        return self.variable("TABLE_NAME")

    @property
    def functions(self) -> Mapping[str, FunctionPool]:
        """The functions by logical id."""
        return self.deployment.functions

    def variable(self, name: str) -> str:
        """The value of an environment variable of the functions. Raises KeyError if no function has it."""
        return self.deployment.variable(name)

    def queue_url(self, logical_id: str) -> str:
        """The URL of one of the template's queues."""
        return self.deployment.ids[logical_id]

    def token(self, scopes: Iterable[str] = SCOPES, **claims: Any) -> str:
        """A bearer token for the API, valid for half a day. `claims` replace default claims; None removes one."""
        return self._issuer.token(scopes, **claims)

    def approver_token(self) -> str:
        """A bearer token of the person who approves batches."""
        return self.token(APPROVER_SCOPES, sub=APPROVER)

    def logs(self) -> str:
        """The logs of the functions and the simulator so far."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.state.logs.glob("*.log")))

    # --- running queues and schedules

    def drain(self) -> Drained:
        """Process all visible messages of all queues, including those that become visible meanwhile."""
        return self.deployment.drain()

    def tick(self) -> dict[str, Any]:
        """Invoke each scheduled function once. Returns the answers by schedule. Raises InvocationFailed."""
        return self.deployment.tick()

    # --- starting

    def _start(self) -> None:
        self.state = self._closes(StateDirectory(self._root))
        self.clock = Clock(self.state.clock)
        if self._echo:
            self._closes(Follower(self.state.logs, _print)).start()
        note = _print if self._echo else _ignore
        self.gateway = bound("api", self._ports, lambda port: Gateway(port, self.clock, note))
        self._closes(self.gateway.server)
        simulator_port = free_port("simulator", self._ports) if self._simulated else None
        self._read_template(f"http://{HOST}:{simulator_port}" if simulator_port else None)
        secret = doku_secret.with_webhook_secret(self._doku.secret) if self._doku else doku_secret.generate()
        self.inbox = Inbox(self.webhook_secrets, self.clock)
        self._simulator = self._start_simulator(simulator_port, secret) if simulator_port else None
        self._deploy(secret)
        if self._simulator:
            self._simulator.wait_until_healthy()
            self._report(f"DOKU simulator on {self._simulator.url}")
        self.gateway.handlers.update(
            pages(self.bundle) | console.files(self.doku_host, self.aws.url) | self._local_routes()
        )
        self.gateway.handlers.update(docs.handlers(self._root))
        self.gateway.handlers.update(self.inbox.handlers())
        self.gateway.start(self.bundle.routes, self.functions, JwtAuthorizer(self._issuer.public_key), self.bundle.cors)
        self._report(f"API on {self.api_url}")

    def _local_routes(self) -> dict[str, LocalHandler]:
        simulator = self.simulator if self._simulator else None
        dead_queue = self.deployment.ids.get("NotificationDeadLetterQueue", "")
        tokens = {"token": self.token, "approverToken": self.approver_token}
        return console.local_routes(tokens, simulator, self.aws.sqs, dead_queue, self.clock)

    def webhook_secrets(self) -> list[str]:
        """The secrets that sign webhooks, the newest first."""
        secret = self.aws.secretsmanager.get_secret_value(SecretId=self.variable("DOKU_SECRET_ID"))["SecretString"]
        found: list[str] = json.loads(secret)["webhookSecrets"]
        return found

    def _closes(self, thing: _Closeable) -> _Closeable:
        self._closing.callback(thing.close)
        return thing

    def _read_template(self, simulator_url: str | None) -> None:
        path = self._root / "template.yaml"
        ours = {
            "JwtIssuer": ISSUER,
            "JwtAudience": AUDIENCE,
            "WebhookUrl": self.api_url + PATH,
            "DokuBaseUrl": simulator_url or (self._doku.base_url if self._doku else _NOWHERE),
        }
        if self._simulated:
            ours["DokuRequestsPerSecond"] = "0"  # the simulator takes any number
        values = ours | dict(self._parameters)
        self._template = template.load(path, self._parameters, offered=ours)
        self.bundle = bundle.read(self._template)
        self._issuer = TokenIssuer(values["JwtIssuer"], values["JwtAudience"].split(",")[0])
        counts = (
            f"{name} {len(getattr(self.bundle, name))}" for name in ("functions", "routes", "triggers", "schedules")
        )
        self._report(f"template.yaml: {', '.join(counts)}")

    def _start_simulator(self, port: int, secret: str) -> SimulatorProcess:
        self.state.secret.touch(0o600)
        self.state.secret.write_text(secret)
        arguments = {
            "--secret-file": str(self.state.secret),
            "--clock-file": str(self.state.clock),
            "--notification-url": f"{self.api_url}/notifications/kirim-doku",
        }
        for function in self.bundle.functions.values():
            if signature := self._template.resolve(function.variables.get("NOTIFICATION_SIGNATURE")):
                arguments["--notification-signature"] = signature
        return self._closes(SimulatorProcess(port, arguments, self.state.logs / "simulator.log"))

    def _deploy(self, secret: str) -> None:
        server = self._closes(bound("aws", self._ports, lambda port: moto_server.start(port, self.clock)))
        self.aws = Aws(server.url, self._table_url)
        self._closing.callback(self.aws.remove)
        self.deployment = self._closes(
            Deployment(self._template, self._root, self.aws, self.state, self.clock, self._concurrency)
        )
        with contextlib.suppress(KeyError):
            self.aws.secretsmanager.put_secret_value(SecretId=self.variable("DOKU_SECRET_ID"), SecretString=secret)
        if self._background:
            self.deployment.start()
        self._report(f"AWS on {server.url}" + (f", tables on {self._table_url}" if self._table_url else ""))
