"""Writes a day's report as one multipart upload, over as many invocations as it takes.

S3 shows the object when the upload is completed, never a part of it. After each part, its position and the summary up
to there are stored; an invocation that dies is continued from there. One that runs short of time sets rows aside that
are too few for a part. The text is written before the CSV is completed.
"""

import secrets
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from payouts.aws_call import error_code
from payouts.services import balance_statement
from payouts.services.daily_report import COLUMNS, Line, lines
from payouts.services.report_summary import ReportSummary
from payouts.services.safe_csv import csv_rows
from payouts.store.balance_readings import BalanceReadings
from payouts.store.report_progress import Progress, ReportProgress
from payouts.store.transfers import TransferStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PART_BYTES = 5 * 2**20
"""S3's minimum of a part that is not the last: some 35,000 transfers."""
_LINES = 200
"""Lines between two looks at the time left."""
_RESERVE_SECONDS = 8.0
"""Time for the last requests of an invocation."""
_LOST = frozenset({"NoSuchUpload", "NoSuchKey", "InvalidPart", "InvalidPartOrder", "EntityTooSmall"})
"""Errors of an upload that cannot be completed: completed before a crash, removed, or written by two."""


class UploadLost(Exception):
    """The upload cannot be completed. The report starts again with the next invocation."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where reports are kept, and how far they are."""

    s3: "S3Client"
    bucket: str
    progress: ReportProgress


@dataclass(frozen=True, slots=True)
class Origin:
    """What a report is made of."""

    store: TransferStore
    readings: BalanceReadings


class ReportWriter:
    """Writes the CSV and the text of a day below `reports/`.

    Raises ProgressLost, UploadLost, PayoutError for the table, and S3's errors. `progress` is the stored progress.
    """

    def __init__(
        self, origin: Origin, to: Destination, progress: Progress, clock: Callable[[], float] = time.time
    ) -> None:
        self.progress = progress
        self._origin = origin
        self._to = to
        self._clock = clock

    def go_on(self, remaining: Callable[[], float]) -> None:
        """Write until the report is done or time runs short. `remaining` returns seconds."""
        try:
            if not self.progress.upload_id:
                self._begin()
            self._write(remaining)
        except ClientError as error:
            if error_code(error) not in _LOST:
                raise
            self.progress = self._to.progress.save(Progress(self.progress.day, version=self.progress.version))
            raise UploadLost(f"{error_code(error)}: the report of {self.progress.day} starts again") from error

    def _write(self, remaining: Callable[[], float]) -> None:
        progress, summary = self.progress, ReportSummary.restored(self.progress.summary)
        part, now = self._first_rows(), int(self._clock() * 1000)
        with closing(lines(self._origin.store, progress.day, now, progress.position)) as found:
            while some := list(islice(found, _LINES)):
                part += _rows(some, summary)
                if len(part) >= _PART_BYTES:
                    self._upload(part)
                    part.clear()
                    self._save(position=some[-1].position, summary=summary.as_dict(), rest="")
                if remaining() < _RESERVE_SECONDS:
                    self._save(position=some[-1].position, summary=summary.as_dict(), rest=self._set_aside(part))
                    return
        self._finish(part, summary)

    def _begin(self) -> None:
        upload = self._to.s3.create_multipart_upload(**self._object("csv", "text/csv"))
        self._save(upload_id=upload["UploadId"])

    def _first_rows(self) -> bytearray:
        """The rows that the invocation before has set aside, or those of a new file."""
        progress = self.progress
        if progress.rest:
            return bytearray(self._to.s3.get_object(Bucket=self._to.bucket, Key=progress.rest)["Body"].read())
        return bytearray(b"" if progress.etags else csv_rows([COLUMNS]).encode())

    def _set_aside(self, part: bytearray) -> str:
        """Store rows under a name that no other invocation uses; the name."""
        if not part:
            return ""
        key = f"reports/unfinished/{self.progress.day}-{secrets.token_hex(8)}"
        self._to.s3.put_object(Bucket=self._to.bucket, Key=key, Body=bytes(part))
        return key

    def _upload(self, part: bytearray) -> None:
        progress, csv = self.progress, self._object("csv")
        number = len(progress.etags) + 1
        sent = self._to.s3.upload_part(**csv, UploadId=progress.upload_id, PartNumber=number, Body=bytes(part))
        self.progress = replace(progress, etags=(*progress.etags, sent["ETag"]))

    def _finish(self, part: bytearray, summary: ReportSummary) -> None:
        """Write the text and complete the CSV. A crash before the last line writes the report again, as a whole."""
        if part:
            self._upload(part)
        progress, s3 = self.progress, self._to.s3
        measured = self._origin.readings.read(progress.day)
        proof = balance_statement.text(measured.proof if measured else None)
        s3.put_object(**self._object("txt", "text/plain"), Body=(summary.text(progress.day) + proof).encode())
        parts: Any = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(progress.etags, start=1)]
        s3.complete_multipart_upload(
            **self._object("csv"), UploadId=progress.upload_id, MultipartUpload={"Parts": parts}
        )
        self._save(summary=summary.as_dict(), rest="", done=True)

    def _save(self, **changes: Any) -> None:
        """Store the progress, and delete the rows that it no longer needs."""
        before = self.progress.rest
        self.progress = self._to.progress.save(replace(self.progress, **changes))
        if before and before != self.progress.rest:
            self._to.s3.delete_object(Bucket=self._to.bucket, Key=before)

    def _object(self, ending: str, kind: str = "") -> Any:
        named = {"Bucket": self._to.bucket, "Key": f"reports/{self.progress.day}.{ending}"}
        return {**named, "ContentType": f"{kind}; charset=utf-8"} if kind else named


def _rows(some: list[Line], summary: ReportSummary) -> bytes:
    for line in some:
        summary.add(line)
    return csv_rows(line.cells() for line in some).encode()
