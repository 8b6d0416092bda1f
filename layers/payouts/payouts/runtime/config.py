"""The functions' environment variables, read once at start. Errors name the missing or invalid variable."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from payouts.runtime.variables import Reader, at_least, count, one_of, path, url, word


@dataclass(frozen=True, slots=True)
class DokuSettings:
    """DOKU's address and how to call it."""

    base_url: str
    path_prefix: str
    channel_id: str
    secret_id: str
    not_received_after_hours: int
    """Hours for which DOKU must have had no record of a transfer before it counts as not received."""
    requests_per_second: int
    """Requests that all functions together may send to DOKU; 0 for no limit."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "DokuSettings":
        """From `DOKU_*` and `NOT_RECEIVED_AFTER_HOURS`."""
        read = Reader(environment)
        return cls(
            base_url=read("DOKU_BASE_URL", url, "https://api-sandbox.doku.com"),
            path_prefix=read("DOKU_PATH_PREFIX", path, "/v1.0"),
            channel_id=read("DOKU_CHANNEL_ID", word, "H2H"),
            secret_id=read("DOKU_SECRET_ID", word),
            not_received_after_hours=read("NOT_RECEIVED_AFTER_HOURS", at_least(24), "72"),
            requests_per_second=read("DOKU_REQUESTS_PER_SECOND", at_least(0), "20"),
        )


@dataclass(frozen=True, slots=True)
class TableSettings:
    """The DynamoDB table."""

    name: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "TableSettings":
        """From `TABLE_NAME`."""
        return cls(name=Reader(environment)("TABLE_NAME", word))


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """The queue of the batch worker, the bucket of files, and who approves batches."""

    queue_url: str
    """Empty for none: then no batch gets on."""
    bucket: str
    """Empty for none: then no file can be uploaded."""
    concurrency: int
    """Chunks that are checked or paid at the same time."""
    approvals_required: int
    person_claim: str
    """The claim of a token that names a person."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "BatchSettings":
        """From `BATCH_*`, `APPROVALS_REQUIRED` and `PERSON_CLAIM`."""
        read = Reader(environment)
        return cls(
            queue_url=read("BATCH_QUEUE_URL", str, ""),
            bucket=read("BATCH_BUCKET", str, ""),
            concurrency=read("BATCH_CONCURRENCY", count, "2"),
            approvals_required=int(read("APPROVALS_REQUIRED", one_of(_Approvals), _Approvals.ONE)),
            person_claim=read("PERSON_CLAIM", word, "sub"),
        )


class _Approvals(StrEnum):
    NONE = "0"
    ONE = "1"
