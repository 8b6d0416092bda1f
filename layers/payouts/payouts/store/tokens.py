"""The access token that all functions share, and the lock that protects its refresh."""

import secrets
from dataclasses import dataclass

from payouts.domain.access_token import AccessToken
from payouts.store.table import ConditionFailed, Table


@dataclass(frozen=True, slots=True)
class SharedToken:
    """The stored token, which may have expired, and the time until which a process has locked its replacement."""

    token: AccessToken | None
    locked_until: float


class TokenStore:
    """One token per client id, refreshed by one process at a time. Times in seconds since the epoch."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, client_id: str) -> SharedToken:
        """The shared token, and its lock."""
        item = self._table.get(_key(client_id)) or {}
        token = AccessToken(item["token"], item["validUntil"]) if "token" in item else None
        return SharedToken(token, item.get("lockedUntil", 0) / 1000)

    def lock(self, client_id: str, seen: AccessToken | None, now: float, seconds: float) -> str | None:
        """Lock the replacement of `seen` and return the lock's id. None if it is locked or already replaced."""
        holder = secrets.token_hex(8)
        unchanged = "#token = :seen" if seen else "attribute_not_exists(#token)"
        condition = f"{unchanged} AND (attribute_not_exists(lockedUntil) OR lockedUntil < :now)"
        values = {":now": int(now * 1000), ":until": int((now + seconds) * 1000), ":holder": holder}
        if seen:
            values[":seen"] = seen.value
        expression = "SET lockedUntil = :until, lockedBy = :holder"
        try:
            self._table.update(_key(client_id), expression, condition, {"#token": "token"}, values)
        except ConditionFailed:
            return None
        return holder

    def unlock(self, client_id: str, holder: str) -> None:
        """Release the lock without a new token."""
        try:
            self._table.update(
                _key(client_id), "SET lockedUntil = :now", "lockedBy = :holder", {}, {":now": 0, ":holder": holder}
            )
        except ConditionFailed:
            return  # the lock has expired and belongs to another process

    def save(self, client_id: str, token: AccessToken, holder: str) -> bool:
        """Store `token` and release the lock. Returns False if the lock expired and another process took it."""
        item = {
            "pk": _key(client_id),
            "token": token.value,
            "validUntil": int(token.expires_at),
            "expiresAt": int(token.expires_at) + 86_400,
        }
        try:
            self._table.put(item, "lockedBy = :holder", {}, {":holder": holder})
        except ConditionFailed:
            return False
        return True


def _key(client_id: str) -> str:
    return f"TOKEN#{client_id}"
