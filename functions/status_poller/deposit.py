"""How much money there is to pay out with."""

from typing import Any

from aws_lambda_powertools import Logger

from payouts.domain.errors import PayoutError
from payouts.runtime.metrics import measured
from payouts.services.account_inquiry import DokuQueries


class Deposit:
    """Measures the deposit at DOKU, apart from the ticks: whatever becomes of it, no check waits for it."""

    def __init__(self, queries: DokuQueries) -> None:
        self._queries = queries

    def measure(self, logger: Logger) -> dict[str, Any]:
        """What was measured, in whole rupiah. Nothing where DOKU does not say: an alarm must not go by a guess."""
        try:
            balance = self._queries.balance()
        except PayoutError as error:
            logger.warning("deposit not known", reason=error.message)
            return {}
        metrics: dict[str, float] = {}
        if balance.available is not None:
            metrics["DepositAvailable"] = balance.available.sen // 100
            if balance.alert_limit is not None:
                metrics["DepositAboveAlertLimit"] = (balance.available.sen - balance.alert_limit.sen) // 100
        logger.info(
            "deposit",
            available=str(balance.available),
            alert_limit=str(balance.alert_limit),
            **measured(metrics),
        )
        return dict(metrics)
