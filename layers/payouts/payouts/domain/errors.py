"""Errors of the use cases, with code and HTTP status of DOKU's Error Codes Glossary."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payouts.domain.doku_said import DokuSaid
    from payouts.domain.transfer import Transfer


class PayoutError(Exception):
    """An error that is returned to the caller. The message says what to do next and holds no secret."""

    code: str = "SERVER_ERROR"
    http_status: int = 500
    retryable: bool = False
    retry_after: int = 0
    """Seconds until a retry makes sense; 0 if unknown."""

    def __init__(
        self, message: str, doku: "DokuSaid | None" = None, transfer: "Transfer | None" = None, hidden: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.doku = doku
        self.transfer = transfer
        """The existing transfer with the reference or key of the refused request."""
        self.hidden = hidden
        """The message for a caller who may not see `transfer`; empty if `message` says nothing about it."""

    def hide_transfer(self) -> None:
        """Remove what the error says about the existing transfer."""
        self.message, self.transfer = self.hidden or self.message, None


class InvalidParameter(PayoutError):
    """The request cannot be parsed."""

    code = "INVALID_PARAMETER"
    http_status = 400


class ValidationFailed(PayoutError):
    """A field of the request is invalid, or DOKU refused it."""

    code = "VALIDATION_ERROR"
    http_status = 422


class NotFound(PayoutError):
    """The transfer does not exist."""

    code = "TRANSACTION_NOT_FOUND"
    http_status = 404


class UnknownRoute(PayoutError):
    """The API has no such route. Not TRANSACTION_NOT_FOUND: it says nothing about any transfer."""

    code = "INVALID_PARAMETER"
    http_status = 404


class MethodNotAllowed(PayoutError):
    """The route exists, but not with this method."""

    code = "INVALID_PARAMETER"
    http_status = 405

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"this route takes only {', '.join(allowed)}; nothing was sent")
        self.allowed = tuple(allowed)


class Mismatch(PayoutError):
    """The request contradicts the bank's answer or an earlier inquiry. Nothing was sent."""

    code = "VALIDATION_ERROR"
    http_status = 409

    def __init__(self, message: str, account_name: str = "") -> None:
        super().__init__(message)
        self.account_name = account_name
        """The bank's name for the account if it differs from the expected one."""


class Duplicate(PayoutError):
    """Another request used the reference, key or session. Nothing was sent."""

    code = "DUPLICATE_TRANSACTION"
    http_status = 409


class Throttled(PayoutError):
    """Too many requests at once for DOKU or the table."""

    code = "TOO_MANY_REQUESTS"
    http_status = 429
    retryable = True
    retry_after = 1


class LimitReached(PayoutError):
    """A daily limit of the merchant is reached. Nothing was sent. `retry_after` counts to the end of the day (WIB)."""

    code = "TOO_MANY_REQUESTS"
    http_status = 429

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.retry_after = seconds


class Unavailable(PayoutError):
    """A needed service does not answer. Nothing was sent: the same request may be sent again."""

    code = "MAINTENANCE_MODE"
    http_status = 503
    retryable = True
    retry_after = 5


class RefusedEarly(Unavailable):
    """Too little time is left, or too many requests go to DOKU. Nothing was sent, and nothing about DOKU is known."""

    def __init__(self, message: str, seconds: int = Unavailable.retry_after) -> None:
        super().__init__(message)
        self.retry_after = seconds


class Stopped(Unavailable):
    """New transfers are stopped. Nothing was sent or stored."""

    retry_after = 60


class Misconfigured(PayoutError):
    """A variable, the secret or the credentials are wrong. A retry does not help."""


class Refused(PayoutError):
    """DOKU refused a question. Code, HTTP status and retryable come from the catalogue (`payouts.codes`)."""

    def __init__(
        self, code: str, http_status: int, retryable: bool, message: str, doku: "DokuSaid", of_recipient: bool = False
    ) -> None:
        super().__init__(message, doku)
        self.of_recipient = of_recipient
        """True if DOKU refuses account, bank, amount or a field, and not the merchant, the time or the credentials."""
        self.code = code
        self.http_status = http_status
        self.retryable = retryable
        self.retry_after = Unavailable.retry_after if retryable else 0
