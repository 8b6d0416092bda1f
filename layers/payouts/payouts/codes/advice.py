"""Advice for an answer of DOKU, by scope, outcome and cause."""

from functools import cache

from payouts.codes.models import Advice, MoneyMoved, Retry, Scope, Who
from payouts.doku.outcomes import rows


def advise(scope: Scope, outcome: str, cause: str = "") -> Advice:
    """The row of `advice.csv`. A cause without a row has the advice of its outcome."""
    table = _table()
    return table.get((scope, outcome, cause)) or table[scope, outcome, ""]


@cache
def _table() -> dict[tuple[str, str, str], Advice]:
    return {(row["scope"], row["outcome"], row["cause"]): _advice(row) for row in rows("advice.csv")}


def _advice(row: dict[str, str]) -> Advice:
    return Advice(
        money_moved=MoneyMoved(row["money_moved"]),
        hold_funds={"yes": True, "no": False}[row["hold_funds"]],
        retry=Retry(row["retry"]),
        who_acts=Who(row["who_acts"]),
        next_step=row["next_step"],
        next_step_id=row["next_step_id"],
        answer=row["answer"],
    )
