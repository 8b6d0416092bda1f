"""The business codes of DOKU's Error Codes Glossary, each once for a transfer and once for a question."""

from collections.abc import Mapping

from payouts.codes.advice import advise
from payouts.codes.models import CodeMeaning, Scope, System
from payouts.doku.outcomes import glossary


def readings() -> list[CodeMeaning]:
    """All codes, for transfers first: there the wrong step costs money."""
    scopes = {Scope.TRANSFER: "on_transfer", Scope.QUESTION: "on_query"}
    return [_reading(row, scope, row[column]) for row in glossary().values() for scope, column in scopes.items()]


def _reading(row: Mapping[str, str], scope: Scope, outcome: str) -> CodeMeaning:
    return CodeMeaning(
        system=System.GLOSSARY,
        code=row["code"],
        scope=scope,
        message=row["example"],
        meaning=row["description"],
        meaning_id=row["meaning_id"],
        outcome=outcome,
        advice=advise(scope, outcome, row["cause"]),
        http_status=row["http"],
        suggested_action=row["suggested_action"],
        suggested_action_safe=scope is not Scope.TRANSFER or row["suggested_action_safe"] == "yes",
        source="DOKU, Error Codes Glossary",
    )
