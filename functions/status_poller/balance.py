"""Measures the balance at DOKU, apart from the ticks: a failure here delays no status check."""

from typing import Any

from aws_lambda_powertools import Logger

from payouts.domain.errors import PayoutError
from payouts.runtime import metrics
from payouts.services.account_inquiry import DokuQueries


class BalanceMeter:
    """Publishes the balance as metrics."""

    def __init__(self, queries: DokuQueries) -> None:
        self._queries = queries

    def measure(self, logger: Logger) -> dict[str, Any]:
        """Publish and return the metrics, in whole rupiah. Empty if DOKU states no balance: none is guessed."""
        try:
            balance = self._queries.balance()
        except PayoutError as error:
            logger.warning("balance unknown", reason=error.message)
            return {}
        measured: dict[str, float] = {}
        if balance.available is not None:
            measured["DepositAvailable"] = balance.available.sen // 100
            if balance.alert_limit is not None:
                measured["DepositAboveAlertLimit"] = (balance.available.sen - balance.alert_limit.sen) // 100
        logger.info("balance", available=str(balance.available), alert_limit=str(balance.alert_limit))
        metrics.publish(measured)
        return dict(measured)
