"""A tick that changes nothing, to check a new version before it gets traffic."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from payouts.domain.credentials import CredentialSource
from payouts.store.due_index import DueIndex


class DryRun:
    """Reads the due index and DOKU's credentials, as a tick does. Claims no transfer and does not call DOKU."""

    def __init__(self, index: DueIndex, credentials: CredentialSource, clock: Callable[[], float] = time.time) -> None:
        self._index = index
        self._credentials = credentials
        self._clock = clock

    def run(self, shards: Iterable[int]) -> dict[str, Any]:
        """Count the shards with a due check. Raises PayoutError if the table or the secret cannot be read."""
        self._credentials.current()
        now = int(self._clock() * 1000)
        due = sum(bool(self._index.due(shard, now, limit=1)[0]) for shard in shards)
        return {"dry": True, "shardsDue": due}
