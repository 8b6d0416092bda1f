"""The bucket with the files of batches."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from payouts.aws_call import NO_ANSWER, call_aws, error_code
from payouts.domain.batch import Batch
from payouts.domain.errors import Misconfigured, Unavailable
from payouts.services.batch_rows import MOST_BYTES

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

_UPLOAD_SECONDS = 15 * 60
_BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class Upload:
    """A form that uploads the file of a batch: POST as multipart/form-data, the file as its last field `file`."""

    url: str
    fields: dict[str, str]
    expires_at: int
    """Milliseconds since the epoch."""


class BatchFiles:
    """Files of batches in S3. `s3` creates the client at its first use."""

    def __init__(self, s3: "Callable[[], S3Client]", bucket: str, clock: Callable[[], float]) -> None:
        self._s3 = cache(s3)
        self._bucket = bucket
        self._clock = clock

    def upload(self, batch: Batch) -> Upload:
        """A signed form for the declared file. It takes no other key, no other fields and at most 25 MB."""
        if not self._bucket:
            raise Misconfigured("BATCH_BUCKET is not set, so files cannot be uploaded")
        conditions = [["content-length-range", 1, MOST_BYTES]]
        expires_at = int((self._clock() + _UPLOAD_SECONDS) * 1000)
        signed = self._s3().generate_presigned_post(
            self._bucket, upload_key(batch), Conditions=conditions, ExpiresIn=_UPLOAD_SECONDS
        )
        return Upload(signed["url"], signed["fields"], expires_at)

    def download(self, batch: Batch, to: Path) -> str | None:
        """Store the uploaded file. Returns its SHA-256 in hex; None if nothing was uploaded. Raises Unavailable."""
        found = self._object(upload_key(batch))
        if found is None:
            return None
        digest = hashlib.sha256()
        try:
            with to.open("wb") as file:
                while block := found.read(_BLOCK):
                    digest.update(block)
                    file.write(block)
        except NO_ANSWER as error:
            raise Unavailable("S3 does not answer; the file is read again later") from error
        return digest.hexdigest()

    def _object(self, key: str) -> "StreamingBody | None":
        try:
            return call_aws("S3", lambda: self._s3().get_object(Bucket=self._bucket, Key=key), "Body")["Body"]
        except ClientError as error:
            if error_code(error) == "NoSuchKey":
                return None
            raise Misconfigured(f"S3 refuses to read an uploaded file: {error_code(error)}") from error


def upload_key(batch: Batch) -> str:
    """The key of the declared file. A corrected file has another one, so that an earlier form cannot replace it."""
    if batch.file is None:
        raise ValueError("the batch has no file")
    return f"uploads/{batch.reference}/{batch.file.sha256}"
