"""What is told wherever it happens, whichever function it happens in."""

from aws_lambda_powertools import Logger

from payouts.domain.errors import PayoutError
from payouts.domain.transfer import Transfer
from payouts.runtime.metrics import BY_STATUS, measured


class Telemetry:
    """Log lines of the layers, each a measurement."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    def status_changed(self, before: Transfer, after: Transfer) -> None:
        """A write that was carried out changed what is known of a transfer. Amounts in whole rupiah."""
        self._logger.info(
            "transfer status",
            partner_reference_no=after.partner_reference_no,
            transfer_status=after.status,
            previous_status=before.status,
            **measured({"Transfers": 1, "Rupiah": after.intent.amount.sen // 100}, BY_STATUS),
        )

    def token_failed(self, error: PayoutError) -> None:
        """No access token could be had, so that DOKU cannot be asked."""
        self._logger.warning("no access token", reason=error.message, **measured({"TokenFailures": 1}))
