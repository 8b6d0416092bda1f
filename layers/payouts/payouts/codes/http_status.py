"""HTTP statuses, listed by the glossary or not (seed 002)."""

from functools import cache

from payouts.codes.advice import advise
from payouts.codes.models import CodeMeaning, Scope, System
from payouts.doku.outcomes import Outcome, rows


@cache
def statuses() -> dict[str, dict[str, str]]:
    """The eleven rows of the glossary."""
    return {row["http"]: row for row in rows("http_statuses.csv")}


def readings() -> list[CodeMeaning]:
    """All that are listed."""
    return [reading(status) for status in statuses()]


def reading(status: str) -> CodeMeaning:
    """A status by itself. Without a response code it proves nothing, as for `classify`."""
    row = statuses().get(status)
    return CodeMeaning(
        system=System.HTTP,
        code=status,
        scope=Scope.HTTP,
        message=row["message"] if row else "",
        meaning=row["description"] if row else "Not in the glossary",
        meaning_id=row["meaning_id"] if row else "Tidak ada dalam glosarium",
        outcome=Outcome.IN_DOUBT,
        advice=advise(Scope.HTTP, Outcome.IN_DOUBT),
        known=row is not None,
        http_status=status,
        source="seed 002" if row else "",
    )
