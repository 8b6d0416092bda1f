"""Statuses of a transfer: SNAP's, those of Kirim DOKU old and new, and this program's own reasons."""

from payouts.codes.advice import advise
from payouts.codes.models import CodeMeaning, Scope, System
from payouts.doku.outcomes import rows


def readings(system: System) -> list[CodeMeaning]:
    """All statuses of one system."""
    return [_reading(row) for row in rows("statuses.csv") if row["system"] == system]


def _reading(row: dict[str, str]) -> CodeMeaning:
    scope = Scope(row["scope"])
    return CodeMeaning(
        system=System(row["system"]),
        code=row["code"],
        scope=scope,
        message=row["message"],
        meaning=row["meaning"],
        meaning_id=row["meaning_id"],
        outcome=row["outcome"],
        advice=advise(scope, row["outcome"], row["cause"]),
        source=row["source"],
    )
