"""The daily report in an S3 bucket. Its event comes every few minutes of the night until the report is done."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from doku_signing.timestamps import WIB
from payouts.store.balance_readings import BalanceReadings
from payouts.store.report_progress import Progress, ReportProgress
from payouts.store.transfers import TransferStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LATE_HOUR = 5
"""Hour in WIB from which an unfinished report is an error. The last event comes before six."""


class ReportLate(Exception):
    """Yesterday's report is not done yet."""


class DailyReport:
    """Writes yesterday's report (a day in WIB) as CSV and as text below `reports/`."""

    def __init__(
        self,
        store: TransferStore,
        readings: BalanceReadings,
        progress: ReportProgress,
        bucket: str,
        s3: "Callable[[], S3Client]",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._readings = readings
        self._progress = progress
        self._bucket = bucket
        self._s3 = s3
        self._clock = clock

    def write(self, remaining: Callable[[], float]) -> dict[str, Any]:
        """Write the report, or go on with it; return its day, its counts so far, and whether it is done.

        Raises ReportLate, and ValueError if no bucket is configured.
        """
        if not self._bucket:
            raise ValueError("REPORT_BUCKET is not set, so the report cannot be stored")
        now = datetime.fromtimestamp(self._clock(), WIB)
        day = (now - timedelta(days=1)).date().isoformat()
        millis = int(now.timestamp() * 1000)
        claimed = self._progress.claim(day, millis, until=millis + int(remaining() * 1000))
        if claimed is None:
            return {"day": day, "finished": False, "running": True}
        progress = claimed if claimed.done else self._written(claimed, remaining)
        if not progress.done and now.hour >= _LATE_HOUR:
            raise ReportLate(f"the report of {day} is not done yet; give the function more memory")
        return _counts(progress)

    def _written(self, claimed: Progress, remaining: Callable[[], float]) -> Progress:
        # loaded at night, not at every cold start
        from status_poller.report_writer import Destination, Origin, ReportWriter

        origin = Origin(self._store, self._readings)
        writer = ReportWriter(origin, Destination(self._s3(), self._bucket, self._progress), claimed, self._clock)
        writer.go_on(remaining)
        return writer.progress


def _counts(progress: Progress) -> dict[str, Any]:
    summary = progress.summary
    return {
        "day": progress.day,
        "transfers": sum(summary.get("counts", {}).values()),
        "attention": summary.get("needing_attention", 0),
        "finished": progress.done,
    }
