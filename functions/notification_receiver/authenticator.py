"""Authenticates a notification by its headers, before its body is parsed."""

import hmac
from collections.abc import Mapping
from ipaddress import ip_address, ip_network

from doku_signing.notification import Scheme, is_usable, verify_notification
from payouts.domain.errors import Misconfigured, PayoutError
from payouts.runtime.credentials import CredentialStore

_REREAD_AFTER = 30.0
"""Minimum age in seconds of the secret before an invalid signature makes us read it again, in case it was rotated. A
flood of forged notifications costs two reads a minute."""


class Authenticator:
    """Compares with agentKey and the notification key of the current and the previous secret."""

    def __init__(self, credentials: CredentialStore, scheme: Scheme, sources: tuple[str, ...]) -> None:
        self._credentials = credentials
        self._scheme = scheme
        self._sources = [ip_network(source) for source in sources]

    def is_doku(self, headers: Mapping[str, str], source: str) -> bool:
        """True if agentKey and signature are valid and the address is allowed. Header names are in lower case.

        Raises Unavailable or Misconfigured if the secret cannot be read, which no caller can cause.
        """
        if self._sources and not any(ip_address(source) in network for network in self._sources):
            return False
        agent_key, request_id, signature = (headers.get(name, "") for name in ("agentkey", "requestid", "signature"))
        if not (agent_key and request_id and signature):
            return False
        if self._signed(agent_key, request_id, signature):
            return True
        if self._credentials.age() < _REREAD_AFTER:
            return False
        try:
            self._credentials.reread()
        except PayoutError:  # the secret cannot be read: a forged notification must still get 401, not 503
            return False
        return self._signed(agent_key, request_id, signature)

    def _signed(self, agent_key: str, request_id: str, signature: str) -> bool:
        given = agent_key.encode("utf-8", "surrogatepass")
        for credentials in self._credentials.accepted():
            if not hmac.compare_digest(credentials.agent_key.encode(), given):
                continue
            key = credentials.notification_key
            if verify_notification(self._scheme, [key], agent_key, request_id, signature):
                return True
            if key and not is_usable(self._scheme, key) and credentials is self._credentials.current():
                # The current key is unusable, which is our fault: DOKU should send again rather than give up.
                raise Misconfigured("the DOKU secret's notificationKey needs 16, 24 or 32 bytes")
        return False
