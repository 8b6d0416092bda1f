"""The four calls of Kirim DOKU, signed (seed 003). Every send is deliberate: see `DokuClient.transfer`."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from doku_signing.request import sign_request
from doku_signing.timestamps import external_id, request_timestamp
from payouts.config import DokuSettings
from payouts.credentials import Credentials, CredentialStore
from payouts.doku import answers, messages
from payouts.doku.answers import Answer
from payouts.doku.outcomes import Outcome, Service, Verdict
from payouts.doku.transport import NoReply, Timeout, Transport
from payouts.transfer import DokuAccount, Intent, Transfer

_QUICK: Timeout = (2, 4)
_TRANSFER: Timeout = (3, 14)
TRANSFER_SECONDS = sum(_TRANSFER)
"""The longest that `transfer` may take (DESIGN 2.13)."""

_PATHS = {
    Service.INQUIRY: "/emoney/bank-account-inquiry",
    Service.BALANCE: "/balance-inquiry",
    Service.TRANSFER: "/emoney/transfer-bank",
    Service.STATUS: "/qr/qr-mpm-status",
}


class Tokens(Protocol):
    """Where the access token comes from."""

    def current(self) -> str:
        """A token that is still valid."""

    def renew(self, refused: str) -> None:
        """Replace the token that DOKU refused."""


@dataclass(frozen=True, slots=True)
class Authority:
    """What a call is signed with, fetched beforehand: nothing is waited for between the door and the send."""

    credentials: Credentials
    token: str = field(repr=False)


class DokuClient:
    """Calls DOKU. Questions are asked once more after a 401; a transfer is sent exactly once per call."""

    def __init__(
        self,
        settings: DokuSettings,
        credentials: CredentialStore,
        tokens: Tokens,
        transport: Transport,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._tokens = tokens
        self._transport = transport
        self._clock = clock

    def inquire(self, request: messages.InquiryRequest) -> Answer:
        """Account inquiry. Raises NeverSent, or PayoutError without a token."""
        return self._ask(Service.INQUIRY, lambda _: messages.inquiry(request))

    def balance(self) -> Answer:
        """Balance inquiry of the merchant's deposit. Raises as `inquire`."""
        return self._ask(Service.BALANCE, lambda credentials: messages.balance(credentials.agent_key))

    def check_status(self, transfer: Transfer) -> Answer:
        """Check status by the merchant's reference. Raises as `inquire`."""
        return self._ask(Service.STATUS, lambda _: messages.status(transfer))

    def transfer(self, intent: Intent, with_external_id: str, authority: Authority) -> Answer:
        """Transfer bank: one send, whatever comes back. Raises NeverSent, the proof that nothing left.

        The caller has made the intent and the external id durable before (I4), and alone decides on a second send.
        """
        return self._call(Service.TRANSFER, messages.transfer(intent), with_external_id, authority, _TRANSFER)

    def new_external_id(self) -> str:
        """A fresh X-EXTERNAL-ID."""
        return external_id(self._clock())

    def authority(self) -> Authority:
        """Credentials and a token that is valid for longer than any call takes. Raises PayoutError."""
        return Authority(self._credentials.current(), self._tokens.current())

    def account(self, credentials: Credentials | None = None) -> DokuAccount:
        """Where and in whose name transfers are sent now. Raises PayoutError without credentials."""
        client_id = (credentials or self._credentials.current()).client_id
        host = self._settings.base_url.partition("://")[2]
        return DokuAccount(host, client_id, self._settings.path_prefix)

    def renewed(self, refused: Authority) -> Authority:
        """After a 401: the secret read again and another token than the one refused. Raises PayoutError."""
        self._credentials.reread()
        self._tokens.renew(refused.token)
        return self.authority()

    def _ask(self, service: Service, body: Callable[[Credentials], bytes]) -> Answer:
        authority = self.authority()
        answer = self._call(service, body(authority.credentials), self.new_external_id(), authority, _QUICK)
        if answer.outcome is not Outcome.UNAUTHORIZED:
            return answer
        authority = self.renewed(authority)
        return self._call(service, body(authority.credentials), self.new_external_id(), authority, _QUICK)

    def _call(
        self, service: Service, body: bytes, with_external_id: str, authority: Authority, timeout: Timeout
    ) -> Answer:
        path = self._settings.path_prefix + _PATHS[service]
        headers = self._headers(path, body, with_external_id, authority)
        try:
            return answers.read(service, self._transport.post(path, headers, body, timeout))
        except NoReply as error:
            return Answer(Verdict(Outcome.IN_DOUBT, message=f"no answer from DOKU ({error})"))

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
