"""The daily report in an S3 bucket."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from doku_signing.timestamps import WIB
from payouts.store.transfers import TransferStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class DailyReport:
    """Writes yesterday's report (a day in WIB) as CSV and as text below `reports/`."""

    def __init__(
        self, store: TransferStore, bucket: str, s3: "Callable[[], S3Client]", clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._bucket = bucket
        self._s3 = s3
        self._clock = clock

    def write(self) -> dict[str, Any]:
        """Write the report; return its day and counts. Raises ValueError if no bucket is configured."""
        if not self._bucket:
            raise ValueError("REPORT_BUCKET is not set, so the report cannot be stored")
        from payouts.services import daily_report as report  # imported once a day, not at every cold start

        now = self._clock()
        day = (datetime.fromtimestamp(now, WIB) - timedelta(days=1)).date().isoformat()
        made = report.of_day(self._store, day, int(now * 1000))
        s3 = self._s3()
        for ending, content in (("csv", made.csv()), ("txt", made.text())):
            key = f"reports/{day}.{ending}"
            kind = "text/csv" if ending == "csv" else "text/plain"
            s3.put_object(Bucket=self._bucket, Key=key, Body=content.encode(), ContentType=f"{kind}; charset=utf-8")
        attention = sum(bool(line.attention) for line in made.lines)
        return {"day": day, "transfers": len(made.lines), "attention": attention}
