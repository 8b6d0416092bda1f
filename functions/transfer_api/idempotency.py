"""The merchant's key of a transfer, and the fingerprint of what was asked for under it (DESIGN 2.1)."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from payouts.domain.errors import InvalidParameter, ValidationFailed

if TYPE_CHECKING:
    from transfer_api.requests import CreateTransfer

REFERENCE_PATTERN = r"(?!\.{1,2}$)[A-Za-z0-9._~-]{1,64}"  # dots alone mean something else in a path
KEY_PATTERN = "[!-+.-~-]{8,128}"
"""Printable ASCII without the comma, by which API Gateway joins the values of a header that was sent twice."""
FINGERPRINT_ALGORITHM = "1"
"""Stored with each fingerprint, so that a later version knows how to compare it."""
_KEY = re.compile(KEY_PATTERN, re.ASCII)
_REFERENCE = re.compile(REFERENCE_PATTERN, re.ASCII)


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """The Idempotency-Key header, in whatever case its name is. Several are joined by a comma, which no key holds."""
    found = [value for name, value in headers.items() if name.lower() == "idempotency-key"]
    return ",".join(found) if found else None


def reference_of(request: "CreateTransfer", idempotency_key: str | None) -> str:
    """The body's partnerReferenceNo, or one derived from the Idempotency-Key header. Raises where both are missing."""
    if idempotency_key is not None and _KEY.fullmatch(idempotency_key) is None:
        raise ValidationFailed(
            "the Idempotency-Key header must be sent once, with 8 to 128 printable ASCII characters other than blank"
            " and comma"
        )
    if request.partner_reference_no is not None:
        return request.partner_reference_no
    if idempotency_key is None:
        raise InvalidParameter("partnerReferenceNo is required, in the body or as an Idempotency-Key header")
    return "IK" + hashlib.sha256(idempotency_key.encode()).hexdigest()[:38]


def fingerprint(request: "CreateTransfer") -> str:
    """The algorithm's name and a hash of what the merchant said.

    The same for other white space, field order or place in additionalInfo. The session is not
    part of it: another inquiry of the same account and amount makes the same request.
    """
    said = request.model_dump(exclude_unset=True, exclude_none=True, exclude={"partner_reference_no", "session_id"})
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return f"{FINGERPRINT_ALGORITHM}:{digest}"


def checked_reference(reference: str) -> str:
    """A partnerReferenceNo from a path. Raises ValidationFailed."""
    if _REFERENCE.fullmatch(reference) is None:
        raise bad_reference()
    return reference


def bad_reference() -> ValidationFailed:
    """The error of a partnerReferenceNo with other characters than it may have."""
    return ValidationFailed("partnerReferenceNo must be 1 to 64 letters, digits or . _ ~ -")
