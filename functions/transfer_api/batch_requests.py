"""The requests of the batch routes."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from payouts.doku.fields import NAME, Matching
from payouts.doku.messages import wire_name
from payouts.domain.errors import InvalidParameter
from payouts.domain.money import Rupiah
from payouts.services.change_batch_rows import RowChange
from payouts.services.create_batch import BatchRequest
from transfer_api.requests import Amount, Remark

MAX_BYTES = 2**20
"""Of the JSON of a batch with 1,000 transfers."""
_MOST_TRANSFERS = 1_000
_MOST_ROWS = 1_000
_OF_A_FILE = {"sha256", "expected_count", "expected_total"}
BATCH_REFERENCE = Matching(r"(?!\.{1,2}$)[A-Za-z0-9._~-]{1,57}", "1 to 57 letters, digits or . _ ~ -")
SHA256 = Matching(r"[0-9a-f]{64}", "a SHA-256 in hex: 64 digits or letters a to f")
DIGEST = Matching(r"[0-9a-f:]{10,100}", "the digest of the batch")


def time_with_offset(value: str) -> str:
    """Raises ValueError unless the time names its offset: 09:00 in Jakarta is another time than 09:00 UTC."""
    try:
        if datetime.fromisoformat(value).tzinfo is not None:
            return value
    except ValueError:
        pass
    raise ValueError("must be a time with its offset, such as 2024-09-17T09:00:00+07:00")


Time = Annotated[str, AfterValidator(time_with_offset)]
Comment = Annotated[str, AfterValidator(NAME)]


class _Request(BaseModel):
    model_config = ConfigDict(alias_generator=wire_name, extra="forbid", strict=True, frozen=True)


class CreateBatch(_Request):
    """POST /v1/batches, with the transfers or the SHA-256 of the file that has them.

    Each transfer has the fields of POST /v1/transfers but the session, and names the holder.
    """

    batch_reference: Annotated[str, AfterValidator(BATCH_REFERENCE)]
    remark: Remark | None = None
    scheduled_at: Time | None = None
    funds_deadline: Time | None = None
    expected_count: Annotated[int, Field(ge=1)] | None = None
    expected_total: Amount | None = None
    sha256: Annotated[str, AfterValidator(SHA256)] | None = None
    transfers: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=_MOST_TRANSFERS)] | None = None

    def to_request(self) -> BatchRequest:
        """The batch to create. Raises InvalidParameter unless there are either transfers or a file."""
        if (self.transfers is None) == (self.sha256 is None):
            raise InvalidParameter("exactly one of transfers and sha256, that of a file, is required")
        return BatchRequest(
            reference=self.batch_reference,
            fingerprint=_fingerprint(self),
            transfers=self.transfers or (),
            sha256=self.sha256 or "",
            remark=self.remark or "",
            scheduled_at=_millis(self.scheduled_at),
            funds_deadline=_millis(self.funds_deadline),
            expected_count=self.expected_count,
            expected_total=Rupiah.parse(self.expected_total.value) if self.expected_total else None,
        )


class RepayBatch(_Request):
    """POST .../repayments: the batch that pays the failed rows again."""

    batch_reference: Annotated[str, AfterValidator(BATCH_REFERENCE)]
    remark: Remark | None = None
    scheduled_at: Time | None = None
    funds_deadline: Time | None = None

    def to_request(self, repays: str) -> BatchRequest:
        """The batch to create for the failed rows of `repays`."""
        return BatchRequest(
            reference=self.batch_reference,
            fingerprint=_hashed({**self.model_dump(exclude_none=True), "repays": repays}),
            remark=self.remark or "",
            scheduled_at=_millis(self.scheduled_at),
            funds_deadline=_millis(self.funds_deadline),
        )


class ChangeRow(_Request):
    """PATCH .../rows/{row}: exclude or include the row, or confirm its name or duplicate. Exactly one."""

    excluded: bool | None = None
    name_confirmed: Literal[True] | None = None
    duplicate_confirmed: Literal[True] | None = None

    def to_change(self) -> RowChange:
        """The decision. Raises InvalidParameter for none or two."""
        given = (self.excluded, self.name_confirmed, self.duplicate_confirmed)
        if sum(each is not None for each in given) != 1:
            raise InvalidParameter("exactly one of excluded, nameConfirmed and duplicateConfirmed is required")
        if self.name_confirmed:
            return RowChange.CONFIRM_NAME
        if self.duplicate_confirmed:
            return RowChange.CONFIRM_DUPLICATE
        return RowChange.EXCLUDE if self.excluded else RowChange.INCLUDE


class ChangeRows(ChangeRow):
    """PATCH .../rows: the same for many rows at once."""

    rows: Annotated[list[int], Field(min_length=1, max_length=_MOST_ROWS)]


class Submit(_Request):
    """POST .../submission: `sameListConfirmed` if another batch has the same accounts and amounts."""

    same_list_confirmed: bool = False


class Decide(_Request):
    """POST .../approvals: a person's decision about the content that the digest names."""

    decision: Literal["APPROVE", "REJECT"]
    digest: Annotated[str, AfterValidator(DIGEST)]
    comment: Comment | None = None


def _fingerprint(request: CreateBatch) -> str:
    """As that of a transfer: white space and the order of fields make no difference.

    Without what may be corrected while the batch waits for its file.
    """
    given = request.model_dump(exclude_none=True, exclude=_OF_A_FILE if request.sha256 else None)
    return _hashed(given)


def _hashed(given: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(given, sort_keys=True, separators=(",", ":")).encode()).digest()
    return f"1:{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _millis(time: str | None) -> int | None:
    return None if time is None else int(datetime.fromisoformat(time).timestamp() * 1000)
