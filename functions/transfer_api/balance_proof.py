"""The body of GET /v1/balance-proof. Imported by that route alone: the proof is no part of other requests."""

from typing import Any

from payouts.domain.balance_proof import BalanceProof, Reading
from payouts.domain.days import time_of
from payouts.domain.money import Rupiah, signed
from payouts.services import balance_statement
from payouts.store.balance_readings import BalanceDay, BalanceReadings
from payouts.store.table import Table


def of_day(table: Table, day: str) -> dict[str, Any]:
    """The body for a day such as `2024-09-17`, also if nothing was read on it."""
    return body(BalanceReadings(table).read(day) or BalanceDay(day))


def body(measured: BalanceDay) -> dict[str, Any]:
    """The proof of a day's balance and the readings that it rests on."""
    proof, readings = measured.proof, [_reading(each) for each in measured.readings]
    return {"day": measured.day, "proof": proof and _proof(proof), "readings": readings}


def _proof(proof: BalanceProof) -> dict[str, Any]:
    amounts = balance_statement.figures(proof).items()
    return {
        **balance_statement.times(proof),
        "verdict": proof.verdict,
        **{name: {"value": signed(sen), "currency": "IDR"} for name, sen in amounts},
        "unstatedFees": proof.sums.unstated_fees,
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {"at": time_of(reading.answered, "milliseconds"), "available": Rupiah(reading.available).wire()}
