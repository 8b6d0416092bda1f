"""Erase the personal data of a batch: its rows, its file and results, and who did what."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from payouts.domain.batch_forgetting import batch_may_be_forgotten
from payouts.domain.batch_rows import chunks_of
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from tools.deployment import Deployment

_AT_ONCE = 1_000
"""Objects that S3 deletes in one call."""


class BatchEraser:
    """Erases batches that were created before a time. Times in milliseconds."""

    def __init__(self, deployment: Deployment, before: int, now: int, dry_run: bool) -> None:
        table = deployment.table()
        self._store, self._chunks = BatchStore(table), ChunkStore(table)
        self._bucket = deployment.outputs.get("BatchBucketName")
        self._s3: Any = deployment.client("s3")
        self._before, self._now, self._dry_run = before, now, dry_run

    def erase(self, reference: str) -> bool:
        """False if the batch is not final or too young, or changed meanwhile. May be repeated after a crash.

        The callers that changed the batch go last: as long as it has them, it is found again.
        """
        batch = self._store.get(reference)
        if batch is None or not batch_may_be_forgotten(batch, self._before, self._now):
            return False
        if self._dry_run:
            return True
        if not batch.is_forgotten and not self._store.forget(batch):
            return False
        for index in range(chunks_of(batch.rows)):
            self._chunks.forget(reference, index)
        self._delete(f"uploads/{reference}/")
        self._delete(f"results/{reference}/")
        forgotten = self._store.get(reference)
        if forgotten is not None:
            self._store.update(forgotten, lambda current: replace(current, involved=()))
        return True

    def _delete(self, prefix: str) -> None:
        found = self._objects(prefix)
        while some := list(islice(found, _AT_ONCE)):
            self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in some]})

    def _objects(self, prefix: str) -> Iterator[str]:
        if self._bucket:
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                yield from (each["Key"] for each in page.get("Contents", []))
