"""What can go wrong, in the words of DOKU's glossary (seed 002): code, HTTP status, whether trying again helps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payouts.domain.transfer import Transfer


@dataclass(frozen=True, slots=True)
class DokuSaid:
    """DOKU's own code and message behind an error."""

    code: str
    message: str

    @property
    def names_timestamp(self) -> bool:
        """DOKU refuses the time of the request: the clock is wrong, and not the credentials."""
        return "timestamp" in self.message.casefold()


class PayoutError(Exception):
    """An error that the caller is told about. The message says what to do next and holds no secret."""

    code: str = "SERVER_ERROR"
    http_status: int = 500
    retryable: bool = False
    retry_after: int = 0
    """Seconds after which trying again makes sense; 0 where that is not known."""

    def __init__(self, message: str, doku: DokuSaid | None = None, transfer: "Transfer | None" = None) -> None:
        super().__init__(message)
        self.message = message
        self.doku = doku
        self.transfer = transfer
        """The transfer that stands under the reference or key of the refused request."""


class InvalidParameter(PayoutError):
    """The request cannot be read."""

    code = "INVALID_PARAMETER"
    http_status = 400


class ValidationFailed(PayoutError):
    """The request can be read and a field of it is wrong, or DOKU refused it."""

    code = "VALIDATION_ERROR"
    http_status = 422


class NotFound(PayoutError):
    """No such transfer."""

    code = "TRANSACTION_NOT_FOUND"
    http_status = 404


class UnknownRoute(PayoutError):
    """The API has no such route. It says nothing about any transfer, so it is not TRANSACTION_NOT_FOUND."""

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
    """The request contradicts what the bank or an earlier inquiry said. Nothing was sent."""

    code = "VALIDATION_ERROR"
    http_status = 409


class Duplicate(PayoutError):
    """The key or the session is taken by another request. Nothing was sent."""

    code = "DUPLICATE_TRANSACTION"
    http_status = 409


class Throttled(PayoutError):
    """DOKU or the table wants fewer requests."""

    code = "TOO_MANY_REQUESTS"
    http_status = 429
    retryable = True
    retry_after = 1


class LimitReached(PayoutError):
    """A limit that the merchant has set for a day. Nothing was sent, and nothing is until the day is over."""

    code = "TOO_MANY_REQUESTS"
    http_status = 429

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.retry_after = seconds


class Unavailable(PayoutError):
    """Something that is needed does not answer. Nothing was sent: the same request may be sent again."""

    code = "MAINTENANCE_MODE"
    http_status = 503
    retryable = True
    retry_after = 5


class Stopped(Unavailable):
    """An operator has stopped new transfers. Nothing was sent or stored."""

    retry_after = 60


class Misconfigured(PayoutError):
    """The deployment is wrong: a variable, the secret or the credentials. Trying again does not help."""


class Refused(PayoutError):
    """DOKU did not answer a question; code, HTTP status and retryable are the catalogue's (`payouts.codes`)."""

    def __init__(self, code: str, http_status: int, retryable: bool, message: str, doku: DokuSaid) -> None:
        super().__init__(message, doku)
        self.code = code
        self.http_status = http_status
        self.retryable = retryable
        self.retry_after = Unavailable.retry_after if retryable else 0
