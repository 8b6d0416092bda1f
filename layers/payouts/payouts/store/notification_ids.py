"""Binds the requestId of each notification to the content of its first delivery.

DOKU signs agentKey and requestId but not the body, so a captured header would authenticate any other body.
"""

import hashlib

from payouts.store.table import ConditionFailed, Table

_KEPT_SECONDS = 7 * 86_400
"""DOKU repeats a notification for up to a day; DOKU's support may resend it some days later."""


class NotificationIds:
    """requestIds in the table. Raises Throttled, Unavailable or Misconfigured if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def bind(self, request_id: str, content: bytes, now: float) -> bool:
        """Bind `request_id` to `content` for a week. Returns False if it is bound to other content.

        The same content is accepted again: DOKU repeats a notification, for example after a crash before it was
        queued. `now` in seconds since the epoch.
        """
        digest = hashlib.sha256(content).hexdigest()
        item = {"pk": _key(request_id), "digest": digest, "expiresAt": int(now) + _KEPT_SECONDS}
        try:
            self._table.put(item, "attribute_not_exists(pk) OR digest = :digest", {}, {":digest": digest})
        except ConditionFailed:
            return False
        return True


def _key(request_id: str) -> str:
    """Hashed, since a header may have any characters and length, and a DynamoDB key may not."""
    return "REQUEST#" + hashlib.sha256(request_id.encode("utf-8", "surrogatepass")).hexdigest()
