"""Log lines and metrics of the layers, the same in all functions."""

from aws_lambda_powertools import Logger

from payouts.domain.errors import PayoutError
from payouts.domain.transfer import Transfer
from payouts.runtime import metrics


class Telemetry:
    """Hooks of the use cases: each writes a log line and its metrics."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    def status_changed(self, before: Transfer, after: Transfer) -> None:
        """Report a stored change of status, in one line. The metric `Rupiah` is the amount in whole rupiah."""
        line = {
            "message": "transfer status",
            "partner_reference_no": after.partner_reference_no,
            "previous_status": before.status,
        }
        counted = {"Transfers": 1, "Rupiah": after.intent.amount.sen // 100}
        metrics.publish(counted, line, transfer_status=after.status)

    def token_failed(self, error: PayoutError) -> None:
        """Report that no access token could be obtained, so that no call to DOKU is possible."""
        self._logger.warning("no access token", reason=error.message)
        metrics.publish({"TokenFailures": 1})

    def throttled(self) -> None:
        """Report that DOKU answered a request with HTTP 429."""
        self._logger.warning("DOKU has too many requests")
        metrics.publish({"DokuThrottled": 1})

    def rate_failed(self, error: PayoutError) -> None:
        """Report that the rate of requests to DOKU could not be read or stored. Payouts go on."""
        self._logger.warning("rate of requests unknown", reason=error.message)

    def return_not_noted(self, error: PayoutError) -> None:
        """Report that the balance proof does not know of a returned amount."""
        self._logger.warning("return not noted for the balance proof", reason=error.message)
