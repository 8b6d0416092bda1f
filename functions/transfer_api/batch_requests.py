"""The requests of the batch routes."""

import base64
import hashlib
import json
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
"""Of a batch with 1,000 transfers."""
_MOST_TRANSFERS = 1_000
_MOST_ROWS = 1_000
BATCH_REFERENCE = Matching(r"(?!\.{1,2}$)[A-Za-z0-9._~-]{1,57}", "1 to 57 letters, digits or . _ ~ -")
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
    """POST /v1/batches. Each transfer has the fields of POST /v1/transfers but the session, and names the holder."""

    batch_reference: Annotated[str, AfterValidator(BATCH_REFERENCE)]
    remark: Remark | None = None
    scheduled_at: Time | None = None
    funds_deadline: Time | None = None
    expected_count: Annotated[int, Field(ge=1)] | None = None
    expected_total: Amount | None = None
    transfers: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=_MOST_TRANSFERS)]

    def to_request(self) -> BatchRequest:
        """The batch to create."""
        return BatchRequest(
            reference=self.batch_reference,
            fingerprint=_fingerprint(self),
            transfers=self.transfers,
            remark=self.remark or "",
            scheduled_at=_millis(self.scheduled_at),
            funds_deadline=_millis(self.funds_deadline),
            expected_count=self.expected_count,
            expected_total=Rupiah.parse(self.expected_total.value) if self.expected_total else None,
        )


class ChangeRow(_Request):
    """PATCH .../rows/{row}: exclude or include the row, or confirm the bank's name. Exactly one of both."""

    excluded: bool | None = None
    name_confirmed: Literal[True] | None = None

    def to_change(self) -> RowChange:
        """The decision. Raises InvalidParameter for none or two."""
        if (self.excluded is None) == (self.name_confirmed is None):
            raise InvalidParameter("either excluded or nameConfirmed is required")
        if self.name_confirmed:
            return RowChange.CONFIRM_NAME
        return RowChange.EXCLUDE if self.excluded else RowChange.INCLUDE


class ChangeRows(ChangeRow):
    """PATCH .../rows: the same for many rows at once."""

    rows: Annotated[list[int], Field(min_length=1, max_length=_MOST_ROWS)]


class Decide(_Request):
    """POST .../approvals: a person's decision about the content that the digest names."""

    decision: Literal["APPROVE", "REJECT"]
    digest: Annotated[str, AfterValidator(DIGEST)]
    comment: Comment | None = None


def _fingerprint(request: CreateBatch) -> str:
    """As that of a transfer: white space and the order of fields make no difference."""
    given = request.model_dump(exclude_none=True)
    digest = hashlib.sha256(json.dumps(given, sort_keys=True, separators=(",", ":")).encode()).digest()
    return f"1:{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _millis(time: str | None) -> int | None:
    return None if time is None else int(datetime.fromisoformat(time).timestamp() * 1000)
