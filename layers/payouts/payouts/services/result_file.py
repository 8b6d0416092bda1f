"""The result of a batch as an object in S3: written whole by a worker, read through a link that lives a minute.

Each writing has an object of its own, and the batch names the newest. So a slow worker cannot replace a newer result
by an older one, and a reader never sees half of one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from payouts.aws_call import call_aws, error_code
from payouts.doku.time_limits import Remaining
from payouts.domain.batch import Batch, BatchStatus, IllegalTransition
from payouts.domain.batch_rows import chunks_of, sent_summary
from payouts.domain.errors import Misconfigured, NotFound, RefusedEarly
from payouts.domain.schedule import DAY
from payouts.services.batch_result import HEADER, BatchResults, ChunkResult, result_rows
from payouts.services.follow_batch import needs_result
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.chunk_items import ChunkState

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LINK_SECONDS = 60
KEPT_MILLIS = 30 * DAY
"""How long the bucket keeps a result."""
_PART_BYTES = 5 * 2**20
"""S3's minimum of a part that is not the last: some 30,000 rows."""
_RESERVE_SECONDS = 20.0
"""For the last requests, each of which may take three attempts of 10 s at worst; then another worker writes it."""
_WRITTEN_IN = frozenset({BatchStatus.SETTLING, BatchStatus.DONE, BatchStatus.DONE_WITH_FAILURES, BatchStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class ResultLink:
    """A link to a result. Times in milliseconds."""

    url: str
    expires_at: int
    written_at: int
    final: bool


class ResultLinks:
    """Links to results. `s3` creates the client at its first use."""

    def __init__(self, s3: "Callable[[], S3Client]", bucket: str, clock: Callable[[], float]) -> None:
        self._s3 = cache(s3)
        self._bucket = bucket
        self._clock = clock

    def of(self, batch: Batch) -> ResultLink:
        """A link to the newest result. Raises IllegalTransition before there is one, NotFound once it was deleted."""
        if not self._bucket:
            raise Misconfigured("BATCH_BUCKET is not set, so no results are written")
        if batch.result_at is None:
            raise IllegalTransition(f"the batch is {batch.status} and has no result; it is written after the last send")
        now = int(self._clock() * 1000)
        if batch.is_forgotten or now > batch.result_at + KEPT_MILLIS:
            raise NotFound("the result was deleted 30 days after it was written")
        name = f"{batch.reference}-result.csv"
        parameters = {
            "Bucket": self._bucket,
            "Key": result_key(batch.reference, batch.result_at),
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        }
        url = self._s3().generate_presigned_url("get_object", Params=parameters, ExpiresIn=LINK_SECONDS)
        return ResultLink(url, now + LINK_SECONDS * 1000, batch.result_at, batch.result_final)


class ResultWriter:
    """Writes results, and renews the summaries of batches that are final: their transfers may have changed."""

    def __init__(
        self,
        store: BatchStore,
        chunks: ChunkStore,
        results: BatchResults,
        s3: "Callable[[], S3Client]",
        bucket: str,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._chunks = chunks
        self._results = results
        self._s3 = cache(s3)
        self._bucket = bucket
        self._clock = clock

    def write(self, batch: Batch, remaining: Remaining) -> None:
        """Write the result as the table has it now. Raises PayoutError; then nothing has changed for readers."""
        at, final = int(self._clock() * 1000), batch.is_final
        if not self._bucket or batch.status not in _WRITTEN_IN or not needs_result(batch, at):
            return
        upload = _Upload(self._s3(), self._bucket, result_key(batch.reference, at))
        upload.add(HEADER)
        for index, (chunk, state) in enumerate(self._read(batch)):
            if remaining() < _RESERVE_SECONDS:
                raise RefusedEarly("too little time is left to write the result; it is written later")
            upload.add(result_rows(chunk.lines, at))
            final = final and all(line.is_final for line in chunk.lines)
            self._renew(batch, index, chunk, state, at)
        upload.finish()
        self._store.update(batch, lambda current: _written(current, at, final))

    def _read(self, batch: Batch) -> Iterator[tuple[ChunkResult, ChunkState]]:
        states = self._chunks.states(batch.reference, chunks_of(batch.rows))
        return zip(self._results.read(batch), states, strict=True)

    def _renew(self, batch: Batch, index: int, chunk: ChunkResult, state: ChunkState, at: int) -> None:
        """Overwrite the summary of a chunk of a final batch, if it has changed."""
        if batch.is_final:
            summary = sent_summary(state.summary, chunk.rows, chunk.transfers, chunk.not_paid)
            if replace(summary, read_at=state.summary.read_at) != state.summary:
                self._chunks.save_summary(batch.reference, index, summary, at)


class _Upload:
    """An object that appears when it is complete. The bucket's lifecycle deletes the parts of one that is never."""

    def __init__(self, s3: "S3Client", bucket: str, key: str) -> None:
        self._s3 = s3
        self._object: Any = {"Bucket": bucket, "Key": key}
        self._part = bytearray()
        self._etags: list[str] = []
        self._id = ""

    def add(self, text: str) -> None:
        self._part += text.encode()
        if len(self._part) >= _PART_BYTES:
            self._send()

    def finish(self) -> None:
        kind = {"ContentType": "text/csv; charset=utf-8"}
        if not self._id:
            self._call("put_object", "ETag", **kind, Body=bytes(self._part))
            return
        if self._part:
            self._send()
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(self._etags, start=1)]
        self._call("complete_multipart_upload", "ETag", UploadId=self._id, MultipartUpload={"Parts": parts})

    def _send(self) -> None:
        if not self._id:
            begun = self._call("create_multipart_upload", "UploadId", ContentType="text/csv; charset=utf-8")
            self._id = begun["UploadId"]
        number = len(self._etags) + 1
        sent = self._call("upload_part", "ETag", UploadId=self._id, PartNumber=number, Body=bytes(self._part))
        self._etags.append(sent["ETag"])
        self._part.clear()

    def _call(self, operation: str, expected: str, **arguments: Any) -> dict[str, Any]:
        try:
            call = getattr(self._s3, operation)
            return call_aws("S3", lambda: call(**self._object, **arguments), expected)
        except ClientError as error:
            raise Misconfigured(f"S3 refuses to store a result: {error_code(error)}") from error


def result_key(reference: str, written_at: int) -> str:
    """The key of the result that was read at this time (milliseconds)."""
    return f"results/{reference}/{written_at}.csv"


def _written(batch: Batch, at: int, final: bool) -> Batch:
    if batch.result_at is not None and batch.result_at >= at:
        return batch
    return replace(batch, result_at=at, result_final=final)
