"""HTTP statuses, listed in DOKU's Error Codes Glossary or not."""

from functools import cache

from payouts.codes.advice import advise
from payouts.codes.models import CodeMeaning, Scope, System
from payouts.doku.outcomes import Outcome, rows


@cache
def statuses() -> dict[str, dict[str, str]]:
    """The eleven rows of the glossary, by status."""
    return {row["http"]: row for row in rows("http_statuses.csv")}


def readings() -> list[CodeMeaning]:
    """All listed statuses."""
    return [reading(status) for status in statuses()]


def reading(status: str) -> CodeMeaning:
    """A status without a response code. It proves nothing, as in `classify`."""
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
        source="DOKU, Error Codes Glossary" if row else "",
    )
