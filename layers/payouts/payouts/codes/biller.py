"""DOKU Biller's codes by state, and the best reading of codes that DOKU does not list."""

import re
from collections.abc import Mapping
from functools import cache

from payouts.codes.advice import advise
from payouts.codes.models import CodeMeaning, Scope, System
from payouts.doku.outcomes import rows

UNLISTED: Mapping[Scope, str] = {Scope.PAYMENT: "advise", Scope.ADVICE: "advise", Scope.INQUIRY: "release"}
"""Outcome of a code that DOKU does not list for a state. Ordered by what is at stake, the most first."""
COLUMNS: Mapping[Scope, str] = {scope: f"on_{scope}" for scope in UNLISTED}

_SHAPE = re.compile(r"[0-9]{4}|[A-Z][A-Z0-9][0-9]{2}")


@cache
def codes() -> dict[str, dict[str, str]]:
    """The rows of `biller.csv` by code."""
    return {row["code"]: row for row in rows("biller.csv")}


def readings() -> list[CodeMeaning]:
    """Every code in each state that DOKU lists it for; in all three if DOKU names none."""
    return [_listed(row, scope) for row in codes().values() for scope in _scopes(row["states"])]


def best(code: str) -> list[CodeMeaning]:
    """Readings of an unlisted code that has Biller's form, or of a category; none for other text."""
    category = _categories().get(code[:2])
    if category is None or not re.fullmatch(r"[0-9A-Z.]{2,4}", code):
        return _unlisted(code, "", "", "") if _SHAPE.fullmatch(code) else []
    return _unlisted(code, category["category"], category["description"], category["meaning_id"])


def _scopes(states: str) -> list[Scope]:
    named = states.lower()
    return [scope for scope in UNLISTED if scope in named or not named]


def _listed(row: Mapping[str, str], scope: Scope) -> CodeMeaning:
    outcome = row[COLUMNS[scope]]
    return CodeMeaning(
        system=System.BILLER,
        code=row["code"],
        scope=scope,
        message=row["message"],
        meaning=row["meaning"],
        meaning_id=row["meaning_id"],
        outcome=outcome,
        advice=advise(scope, outcome, row["cause"]),
        category=row["category"],
        states=row["states"],
        source="DOKU Biller, Response Codes",
    )


def _unlisted(code: str, category: str, description: str, description_id: str) -> list[CodeMeaning]:
    return [
        CodeMeaning(
            system=System.BILLER,
            code=code,
            scope=scope,
            message="",
            meaning=description or "A Biller code outside the categories that DOKU lists",
            meaning_id=description_id or "Kode Biller di luar kategori yang dicantumkan DOKU",
            outcome=outcome,
            advice=advise(scope, outcome),
            known=False,
            category=category,
        )
        for scope, outcome in UNLISTED.items()
    ]


@cache
def _categories() -> dict[str, dict[str, str]]:
    return {prefix: row for row in rows("biller_categories.csv") for prefix in row["prefixes"].split()}
