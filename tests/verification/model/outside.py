"""Runs real code up to its next outside call.

An invocation is deterministic except for the answers of the outside. It is run again from its start with the answers so
far, and stops at the first call without an answer. The explorer chooses the next answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Never

from botocore.exceptions import EndpointConnectionError

from doku_signing.notification import Scheme, sign_notification
from payouts.doku.client import DokuClient
from payouts.doku.transport import HttpResponse, NeverSent, NoReply, Timeout, Transport
from payouts.domain.credentials import Credentials
from payouts.domain.errors import Throttled, Unavailable
from payouts.runtime.config import DokuSettings
from payouts.runtime.credentials import CredentialStore
from payouts.store.codec import Item
from payouts.store.table import ConditionFailed, Table

SETTINGS = DokuSettings(
    "https://doku.example", "/v1.0", "H2H", "secret", not_received_after_hours=72, requests_per_second=0
)


@dataclass(frozen=True, slots=True)
class Request:
    """An outside call. `what` is get, put, update, query, keep, or the last part of DOKU's path."""

    what: str
    pk: str = ""
    item: Mapping[str, Any] | None = None
    expression: str = ""
    condition: str = ""
    names: Mapping[str, str] | None = None
    values: Mapping[str, Any] | None = None
    external_id: str = ""
    body: bytes = b""

    @property
    def writes(self) -> bool:
        """True if it changes the table."""
        return self.what in ("put", "update")


@dataclass(frozen=True, slots=True)
class Given:
    """An answer of the outside, and its time in milliseconds."""

    at: int
    kind: str
    value: Any = None


class Suspended(BaseException):
    """The code made a call that has no answer yet. A BaseException, so that no handler catches it."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.what)
        self.request = request


class Outside:
    """Answers calls with the given answers, in order. This machine's clock is `clock_ahead` milliseconds ahead."""

    def __init__(self, given: Iterable[Given], actor: str = "", clock_ahead: int = 0) -> None:
        self._given = iter(given)
        self._clock_ahead = clock_ahead
        self._now = next(self._given).at
        self._actor = actor
        self._external_ids = 0
        self._suspended: Request | None = None

    def call(self, request: Request) -> Any:
        """Return the answer or raise its exception."""
        given = next(self._given, None) or self.ask(request)
        self._now = given.at
        if given.kind in _FAILURES:
            _fail(given)
        return given.value

    def ask(self, request: Request) -> Given:
        """Raise Suspended: there is no further answer. A call of a `finally` on the way out is not the next one."""
        self._suspended = self._suspended or request
        raise Suspended(self._suspended)

    def clock(self) -> float:
        """Seconds. Time passes only in calls."""
        return (self._now + self._clock_ahead) / 1000

    def new_external_id(self) -> str:
        """An id that is unique, and the same in every run of the same invocation."""
        self._external_ids += 1
        return f"{self._actor}-{self._external_ids}"


_FAILURES = ("failed", "throttled", "lost", "queue down", "never sent", "no reply")


def _fail(given: Given) -> Never:
    match given.kind:
        case "failed":
            raise ConditionFailed(given.value)
        case "throttled":
            raise Throttled("the model throttles")
        case "lost":
            raise Unavailable("the model lost the reply")
        case "queue down":
            raise EndpointConnectionError(endpoint_url="https://queue.example")
        case "never sent":
            raise NeverSent("the model refuses the connection")
        case _:
            raise NoReply("the model does not reply")


class ModelTable(Table):
    """A `Table` whose operations are outside calls."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def get(self, pk: str, consistent: bool = True) -> Item | None:
        """As `Table.get`."""
        found: Item | None = self._outside.call(Request("get", pk))
        return found

    def put(self, item: Item, condition: str, names: Mapping[str, str], values: Item) -> None:
        """As `Table.put`, without the nonce: a lost reply is an error here."""
        self._outside.call(Request("put", item["pk"], item, "", condition, names, values))

    def update(
        self, pk: str, expression: str, condition: str, names: Mapping[str, str], values: Item, returned: bool = False
    ) -> Item:
        """As `Table.update`, without the nonce."""
        after: Item = self._outside.call(Request("update", pk, None, expression, condition, names, values))
        return after if returned else {}

    def query(self, index: str, **arguments: Any) -> tuple[list[Item], Item | None]:
        """All items in one page."""
        found: list[Item] = self._outside.call(Request("query", index, values=arguments["values"]))
        return found, None


class ModelTransport(Transport):
    """A `Transport` whose requests are outside calls."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def post(
        self, path: str, headers: Mapping[str, str], body: bytes, timeout: Timeout, *, fresh: bool = False
    ) -> HttpResponse:
        """As `Transport.post`."""
        status, answer = self._outside.call(
            Request(path.rpartition("/")[2], external_id=headers["X-EXTERNAL-ID"], body=body)
        )
        return HttpResponse(status, answer)

    def close(self) -> None:
        """Do nothing: there are no connections."""


class ModelDoku(DokuClient):
    """`DokuClient` whose external ids are the same in every run."""

    outside: Outside

    def new_external_id(self) -> str:
        """As `DokuClient.new_external_id`."""
        return self.outside.new_external_id()


class ModelQueue:
    """The part of an SQS client that the receiver uses."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def send_message(self, **arguments: str) -> dict[str, str]:
        """Send a message."""
        self._outside.call(Request("keep", body=arguments["MessageBody"].encode()))
        return {"MessageId": "kept"}


CREDENTIALS = Credentials("client", "secret", "no key is needed here", "agent", "0123456789abcdef")


class ModelCredentials(CredentialStore):
    """Credentials that never change."""

    def __init__(self) -> None:
        self._previous = ()

    def current(self) -> Credentials:
        """The merchant's credentials."""
        return CREDENTIALS

    def reread(self) -> Credentials:
        """The same credentials."""
        return CREDENTIALS

    def age(self) -> float:
        """Fresh."""
        return 0.0


class ModelTokens:
    """A token that is always valid. Sharing and renewing it is not part of this model."""

    def current(self) -> str:
        """One."""
        return "token"

    def renew(self, refused: str) -> None:
        """The same token."""


def signed_headers(valid: bool) -> dict[str, str]:
    """The headers of a notification. They are valid for an altered body too, which the signature does not cover."""
    signature = sign_notification(Scheme.HMAC_SHA512, CREDENTIALS.notification_key, "agent", "r1")
    return {"agentKey": "agent", "requestId": "r1", "signature": signature if valid else "A" + signature[1:]}
