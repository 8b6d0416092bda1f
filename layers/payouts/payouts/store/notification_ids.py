"""The requestId of each notification, bound to the content that it first came with.

DOKU signs agentKey and requestId, but not the body: a captured header would authenticate any other body.
"""

import hashlib

from payouts.store.table import ConditionFailed, Table

_KEPT_SECONDS = 7 * 86_400
"""DOKU sends a notification again for up to a day, and an operator of DOKU perhaps some days later."""


class NotificationIds:
    """Request ids in the table. Raises Throttled, Unavailable or Misconfigured where the table does."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def bind(self, request_id: str, content: bytes, now: float) -> bool:
        """Bind `request_id` to `content` for a week. False if it is bound to other content already.

        True again for the same content: DOKU's own redelivery, or one after a crash between this and the queue. `now`
        in seconds since the epoch.
        """
        digest = hashlib.sha256(content).hexdigest()
        item = {"pk": _key(request_id), "digest": digest, "expiresAt": int(now) + _KEPT_SECONDS}
        try:
            self._table.put(item, "attribute_not_exists(pk) OR digest = :digest", {}, {":digest": digest})
        except ConditionFailed:
            return False
        return True


def _key(request_id: str) -> str:
    """A header may hold anything, of any length; a key may not."""
    return "REQUEST#" + hashlib.sha256(request_id.encode("utf-8", "surrogatepass")).hexdigest()
