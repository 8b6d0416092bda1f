"""How much money there is to pay out with."""

from typing import Any

from aws_lambda_powertools import Logger

from payouts.errors import PayoutError
from payouts.inquire import Inquirer
from payouts.measure import measured


class Deposit:
    """Measures the deposit at DOKU, apart from the ticks: whatever becomes of it, no check waits for it."""

    def __init__(self, inquirer: Inquirer) -> None:
        self._inquirer = inquirer

    def measure(self, logger: Logger) -> dict[str, Any]:
        """What was measured, in whole rupiah. Nothing where DOKU does not say: an alarm must not go by a guess."""
        try:
            balance = self._inquirer.balance()
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
