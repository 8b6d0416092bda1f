"""The merchant's reference or key of a transfer, and the fingerprint of the request made under it."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from payouts.doku.fields import REFERENCE_PATTERN
from payouts.domain.errors import InvalidParameter, ValidationFailed

if TYPE_CHECKING:
    from transfer_api.requests import CreateTransfer

KEY_PATTERN = "[!-+.-~-]{8,128}"
"""Printable ASCII without the comma: API Gateway joins the values of a repeated header with commas."""
FINGERPRINT_ALGORITHM = "1"
"""Stored with each fingerprint, so that a later version knows how to compare it."""
_REFERENCE = re.compile(REFERENCE_PATTERN, re.ASCII)
_KEY = re.compile(KEY_PATTERN, re.ASCII)


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """The Idempotency-Key header, in any letter case. Several are joined by a comma, which makes them invalid."""
    found = [value for name, value in headers.items() if name.lower() == "idempotency-key"]
    return ",".join(found) if found else None


def reference_of(request: "CreateTransfer", idempotency_key: str | None) -> str:
    """The body's partnerReferenceNo, or one derived from the Idempotency-Key header.

    Raises ValidationFailed for a malformed key and InvalidParameter if both are missing.
    """
    if idempotency_key is not None and _KEY.fullmatch(idempotency_key) is None:
        raise ValidationFailed(
            "the Idempotency-Key header must be sent once, with 8 to 128 printable ASCII characters other than space"
            " and comma"
        )
    if request.partner_reference_no is not None:
        return request.partner_reference_no
    if idempotency_key is None:
        raise InvalidParameter("partnerReferenceNo is required, in the body or as an Idempotency-Key header")
    return "IK" + hashlib.sha256(idempotency_key.encode()).hexdigest()[:38]


def fingerprint(request: "CreateTransfer") -> str:
    """The algorithm's name and a hash of the request's fields.

    White space, field order and the place in additionalInfo make no difference. Neither does the session: with
    another inquiry of the same account and amount it is the same request.
    """
    given = request.model_dump(exclude_unset=True, exclude_none=True, exclude={"partner_reference_no", "session_id"})
    digest = hashlib.sha256(json.dumps(given, sort_keys=True, separators=(",", ":")).encode()).digest()
    return f"{FINGERPRINT_ALGORITHM}:{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def checked_reference(reference: str) -> str:
    """A partnerReferenceNo from a path. Raises ValidationFailed."""
    if _REFERENCE.fullmatch(reference) is None:
        raise bad_reference()
    return reference


def bad_reference() -> ValidationFailed:
    """The error for a malformed partnerReferenceNo."""
    return ValidationFailed("partnerReferenceNo must be 1 to 64 letters, digits or . _ ~ -")
