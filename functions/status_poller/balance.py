"""Measures the balance at DOKU, apart from the ticks: a failure here delays no status check."""

import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from payouts.domain.errors import PayoutError
from payouts.domain.money import Rupiah, signed
from payouts.runtime import metrics
from payouts.services.account_inquiry import DokuQueries
from payouts.services.balance_ledger import BalanceLedger, TooMany


class BalanceMeter:
    """Publishes the balance as metrics, and adds it to the day's proof."""

    def __init__(self, queries: DokuQueries, ledger: BalanceLedger, clock: Callable[[], float] = time.time) -> None:
        self._queries = queries
        self._ledger = ledger
        self._clock = clock

    def measure(self, logger: Logger) -> dict[str, Any]:
        """Publish and return the metrics, in whole rupiah. None is guessed if DOKU states no balance."""
        measured = self._measured(logger)
        metrics.publish(measured)
        return dict(measured)

    def _measured(self, logger: Logger) -> dict[str, float]:
        asked, measured = self._now(), {"BalanceProved": 0.0}
        try:
            balance = self._queries.balance()
        except PayoutError as error:
            logger.warning("balance unknown", reason=error.message)
            return measured
        if balance.available is not None:
            measured["DepositAvailable"] = balance.available.sen // 100
            if balance.alert_limit is not None:
                measured["DepositAboveAlertLimit"] = (balance.available.sen - balance.alert_limit.sen) // 100
            measured |= self._prove(balance.available, asked, logger)
        logger.info("balance", available=str(balance.available), alert_limit=str(balance.alert_limit))
        return measured

    def _prove(self, available: Rupiah, asked: int, logger: Logger) -> dict[str, float]:
        """The metrics of the day's proof. No decrease if it cannot be made: 0 would mean that nothing is missing."""
        try:
            proof = self._ledger.add(available, asked, self._now())
        except (PayoutError, TooMany) as error:
            logger.warning("balance not proved", reason=type(error).__name__)
            return {}
        if proof is None:
            return {}
        logger.info("balance proof", verdict=proof.verdict, difference=signed(proof.difference))
        rounded_up = -(-proof.decrease // 100)  # a part of a rupiah is not nothing
        return {"BalanceDecrease": rounded_up, "BalanceProved": 1}

    def _now(self) -> int:
        return int(self._clock() * 1000)
