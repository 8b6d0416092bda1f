"""The merchant's key of a transfer, and the fingerprint of what was asked for under it (DESIGN 2.1)."""

import hashlib
import json
import re
from typing import TYPE_CHECKING

from payouts.errors import InvalidParameter, ValidationFailed

if TYPE_CHECKING:
    from transfer_api.requests import CreateTransfer

REFERENCE_PATTERN = r"(?!\.{1,2}$)[A-Za-z0-9._~-]{1,64}"  # dots alone mean something else in a path
_KEY = re.compile(r"[!-~]{8,128}", re.ASCII)
_REFERENCE = re.compile(REFERENCE_PATTERN, re.ASCII)


def reference_of(request: "CreateTransfer", idempotency_key: str | None) -> str:
    """The body's partnerReferenceNo, or one derived from the Idempotency-Key header. Raises where both are missing."""
    if idempotency_key is not None and _KEY.fullmatch(idempotency_key) is None:
        raise ValidationFailed("the Idempotency-Key header must be 8 to 128 printable ASCII characters without blanks")
    if request.partner_reference_no is not None:
        return request.partner_reference_no
    if idempotency_key is None:
        raise InvalidParameter("partnerReferenceNo is required, in the body or as an Idempotency-Key header")
    return "IK" + hashlib.sha256(idempotency_key.encode()).hexdigest()[:38]


def fingerprint(request: "CreateTransfer") -> str:
    """A hash of what the merchant said: the same for other white space, member order or place in additionalInfo."""
    said = request.model_dump(exclude_unset=True, exclude_none=True, exclude={"partner_reference_no"})
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def checked_reference(reference: str) -> str:
    """A partnerReferenceNo from a path. Raises ValidationFailed."""
    if _REFERENCE.fullmatch(reference) is None:
        raise ValidationFailed("partnerReferenceNo must be 1 to 64 letters, digits or . _ ~ -")
    return reference
