"""Is this callback DOKU's? Checked over the headers, before a byte of the body is parsed."""

import hmac
from collections.abc import Mapping
from ipaddress import ip_address, ip_network

from doku_signing.notification import Scheme, is_usable, verify_notification
from payouts.domain.errors import Misconfigured, PayoutError
from payouts.runtime.credentials import CredentialStore

_REREAD_AFTER = 30.0
"""Seconds after which a signature that does not verify has the secret read again: it may have been rotated just now. A
flood of forged ones costs two reads a minute."""


class Authenticator:
    """Knows agentKey and the notification keys, current and previous."""

    def __init__(self, credentials: CredentialStore, scheme: Scheme, sources: tuple[str, ...]) -> None:
        self._credentials = credentials
        self._scheme = scheme
        self._sources = [ip_network(source) for source in sources]

    def is_doku(self, headers: Mapping[str, str], source: str) -> bool:
        """Whether agentKey and signature are right and the address is allowed. Header names in lower case.

        Raises Unavailable or Misconfigured where the secret can't be read, which no caller can bring about.
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
        except PayoutError:  # a forged callback must not make an outage of ours DOKU's business
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
                # The key in force can't be used, which is our fault: DOKU is to send again, not to give up.
                raise Misconfigured("the DOKU secret's notificationKey needs 16, 24 or 32 bytes")
        return False
