"""The four calls of Kirim DOKU, signed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from doku_signing.request import sign_request
from doku_signing.timestamps import external_id, request_timestamp
from payouts.doku import echoes, messages, responses
from payouts.doku.echoes import Echo
from payouts.doku.outcomes import Classification, Outcome, Service
from payouts.doku.responses import DokuResponse
from payouts.doku.time_limits import QUESTION, TRANSFER, Remaining, fitted, unlimited
from payouts.doku.transport import NeverSent, NoReply, Timeout, Transport
from payouts.domain.credentials import Credentials, CredentialSource
from payouts.domain.transfer import DokuAccount, Intent, Transfer

_TOO_MANY_REQUESTS = 429

_PATHS = {
    Service.INQUIRY: "/emoney/bank-account-inquiry",
    Service.BALANCE: "/balance-inquiry",
    Service.TRANSFER: "/emoney/transfer-bank",
    Service.STATUS: "/qr/qr-mpm-status",
}


class DokuEndpoint(Protocol):
    """Settings of DOKU's API."""

    @property
    def base_url(self) -> str:
        """Scheme, host and port, such as https://api.doku.com."""

    @property
    def path_prefix(self) -> str:
        """The first part of every path, such as /v1.0."""

    @property
    def channel_id(self) -> str:
        """The CHANNEL-ID header."""


class Tokens(Protocol):
    """Source of access tokens."""

    def current(self) -> str:
        """A token that is still valid."""

    def renew(self, refused: str) -> None:
        """Replace the token that DOKU refused."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Credentials and token of a call, fetched beforehand: between conditional create and send nothing is fetched."""

    credentials: Credentials
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """The body of a request, and the values that its answer may echo."""

    body: bytes
    echo: Echo


class NoTimeLeft(NeverSent):
    """The caller has too little time for the answer."""

    def __init__(self) -> None:
        super().__init__("too little time was left")


def _ignore() -> None:
    """Default hook; does nothing."""


def account_of(settings: DokuEndpoint, client_id: str) -> DokuAccount:
    """The host, client id and path prefix that transfers are sent with."""
    return DokuAccount(settings.base_url.partition("://")[2], client_id, settings.path_prefix)


class DokuClient:
    """Calls DOKU. Repeats a question after a 401; never repeats a transfer.

    An answer to another request is IN_DOUBT, and its content is dropped. `remaining` is the time that a question may
    take, with its repetitions; NoTimeLeft is raised without enough of it. `throttled` is called for each answer with
    HTTP 429, whatever else it says. Time limits and connections: docs/doku-protocol.md, "Time limits" and
    "Connections".
    """

    def __init__(
        self,
        settings: DokuEndpoint,
        credentials: CredentialSource,
        tokens: Tokens,
        transport: Transport,
        clock: Callable[[], float] = time.time,
        throttled: Callable[[], None] = _ignore,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._tokens = tokens
        self._transport = transport
        self._clock = clock
        self._throttled = throttled

    def inquire(self, request: messages.InquiryRequest, remaining: Remaining = unlimited) -> DokuResponse:
        """Account inquiry. Raises NeverSent, or PayoutError without a token."""
        question = Question(messages.inquiry(request), echoes.of_inquiry(request))
        return self._ask(Service.INQUIRY, lambda _: question, remaining)

    def balance(self, remaining: Remaining = unlimited) -> DokuResponse:
        """Balance inquiry of the merchant's account, on a connection that carried nothing else. Raises as `inquire`.

        A balance names only the account: a late answer to an earlier inquiry would pass for the present balance.
        """
        return self._ask(Service.BALANCE, _balance, remaining, fresh=True)

    def check_status(
        self, transfer: Transfer, remaining: Remaining = unlimited, *, fresh: bool = False
    ) -> DokuResponse:
        """Check status by the merchant's reference. Raises as `inquire`.

        `fresh`: on a connection that carried nothing else, so that "not found", which echoes no reference, cannot be a
        late answer to another question.
        """
        question = Question(messages.status(transfer), echoes.of_status(transfer))
        return self._ask(Service.STATUS, lambda _: question, remaining, fresh)

    def transfer(self, intent: Intent, with_external_id: str, authority: Authority) -> DokuResponse:
        """Transfer bank: send one request. Raises NeverSent, the proof that no byte of it left.

        The caller must have stored the transfer with this external id (I4), and alone decides about a resend.
        """
        question = Question(messages.transfer(intent), echoes.of_transfer(intent))
        # On a fresh connection: a late answer to another request must not decide about this transfer.
        return self._call(Service.TRANSFER, question, with_external_id, authority, TRANSFER, fresh=True)

    def new_external_id(self) -> str:
        """A fresh X-EXTERNAL-ID."""
        return external_id(self._clock())

    def authority(self) -> Authority:
        """Credentials and a token that is valid for longer than any call takes. Raises PayoutError."""
        return Authority(self._credentials.current(), self._tokens.current())

    def account(self, credentials: Credentials | None = None) -> DokuAccount:
        """The DOKU account that transfers are sent with now. Raises PayoutError without credentials."""
        return account_of(self._settings, (credentials or self._credentials.current()).client_id)

    def renewed(self, refused: Authority) -> Authority:
        """After a 401: the credentials read again, and a token other than the refused one. Raises PayoutError."""
        self._credentials.reread()
        self._tokens.renew(refused.token)
        return self.authority()

    def _ask(
        self,
        service: Service,
        question: Callable[[Credentials], Question],
        remaining: Remaining,
        fresh: bool = False,
    ) -> DokuResponse:
        """Ask; repeat with another token after a 401, and once more if DOKU refuses that token too.

        Another environment with the same client id may have ended both (docs/doku-protocol.md, "Access tokens that are
        refused").
        """

        def asked(authority: Authority) -> DokuResponse:
            timeout = fitted(QUESTION, remaining())
            if timeout is None:
                raise NoTimeLeft
            asking = question(authority.credentials)
            return self._call(service, asking, self.new_external_id(), authority, timeout, fresh)

        authority = self.authority()
        answer = asked(authority)
        if answer.outcome is Outcome.UNAUTHORIZED:
            authority = self.renewed(authority)
            answer = asked(authority)
        if answer.verdict.refuses_token:
            answer = asked(self.renewed(authority))
        return answer

    def _call(
        self,
        service: Service,
        question: Question,
        with_external_id: str,
        authority: Authority,
        timeout: Timeout,
        fresh: bool,
    ) -> DokuResponse:
        path = self._settings.path_prefix + _PATHS[service]
        headers = self._headers(path, question.body, with_external_id, authority)
        try:
            reply = self._transport.post(path, headers, question.body, timeout, fresh=fresh)
        except NoReply as error:
            return DokuResponse(Classification(Outcome.IN_DOUBT, message=f"no answer from DOKU ({error})"))
        if reply.http_status == _TOO_MANY_REQUESTS:
            self._throttled()
        return self._ours(question, responses.read(service, reply))

    def _ours(self, question: Question, answer: DokuResponse) -> DokuResponse:
        """The answer, or an empty one in doubt if it echoes another request."""
        differing = echoes.difference(question.echo, answer.body)
        if not differing:
            return answer
        self._transport.close()  # a kept connection that is one answer behind stays behind
        message = f"DOKU's answer belongs to another request: it has another {differing}"
        return DokuResponse(Classification(Outcome.IN_DOUBT, message=message), crossed=True)

    def _headers(self, path: str, body: bytes, with_external_id: str, authority: Authority) -> dict[str, str]:
        timestamp = request_timestamp(self._clock())
        signature = sign_request(
            authority.credentials.client_secret,
            method="POST",
            path=path,
            access_token=authority.token,
            body=body,
            timestamp=timestamp,
        )
        return {
            "Authorization": f"Bearer {authority.token}",
            "Content-Type": "application/json",
            "CHANNEL-ID": self._settings.channel_id,
            "X-EXTERNAL-ID": with_external_id,
            "X-PARTNER-ID": authority.credentials.client_id,
            "X-SIGNATURE": signature,
            "X-TIMESTAMP": timestamp,
        }


def _balance(credentials: Credentials) -> Question:
    return Question(messages.balance(credentials.agent_key), echoes.of_balance(credentials.agent_key))
