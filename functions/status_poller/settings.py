"""The environment variables of the status poller."""

from collections.abc import Mapping
from dataclasses import dataclass

from payouts.runtime.variables import Reader, count


@dataclass(frozen=True, slots=True)
class PollerSettings:
    """The poller's concurrent status checks and the bucket of its daily report."""

    concurrency: int
    report_bucket: str
    """Empty for no report."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "PollerSettings":
        """From `POLL_CONCURRENCY` and `REPORT_BUCKET`."""
        read = Reader(environment)
        return cls(
            concurrency=read("POLL_CONCURRENCY", count, "16"),
            report_bucket=read("REPORT_BUCKET", str, ""),
        )
