"""What an answer of DOKU means: a closed set, read from the code tables in `data/`."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"


class Outcome(StrEnum):
    """All that an answer can mean."""

    ACCEPTED = "ACCEPTED"
    """Done, for a question. For a transfer only taken on: not paid."""
    PENDING = "PENDING"
    """Being worked on."""
    REJECTED = "REJECTED"
    """Refused and not executed."""
    UNAUTHORIZED = "UNAUTHORIZED"
    """Token, signature or credentials refused; not executed."""
    THROTTLED = "THROTTLED"
    """Too many requests. Not executed by the standard, which a transfer does not rely on."""
    NOT_FOUND = "NOT_FOUND"
    """DOKU does not know what was asked about."""
    IN_DOUBT = "IN_DOUBT"
    """Everything that is not clear."""


class Service(StrEnum):
    """SNAP service codes of the calls that we make."""

    BALANCE = "11"
    INQUIRY = "42"
    TRANSFER = "43"
    STATUS = "53"
    TOKEN = "73"  # noqa: S105


TOKEN = "token"  # noqa: S105
"""The cause of a 401 that names the access token: invalid, not found."""
UNLISTED = "unlisted"
"""The cause of a code that is well-formed and in no table."""


@dataclass(frozen=True, slots=True)
class Classification:
    """An outcome with DOKU's code (seven digits or a glossary code, empty where there was none) and its message."""

    outcome: Outcome
    code: str = ""
    message: str = ""
    cause: str = ""
    """Which advice of the catalogue goes with it (`payouts.codes.advice`): the row's, or UNLISTED."""

    @property
    def refuses_token(self) -> bool:
        """DOKU refuses the access token, and not the signature or the client."""
        return self.outcome is Outcome.UNAUTHORIZED and self.cause == TOKEN


def classify(service: Service, http_status: int, body: Mapping[str, Any] | None) -> Classification:
    """What an answer means. `body` is None where it could not be parsed.

    A code counts only where it agrees with the HTTP status and, for SNAP, with the service; the rest is IN_DOUBT.
    """
    if body is None:
        return Classification(Outcome.IN_DOUBT, message=f"HTTP {http_status} without a readable body")
    if "responseCode" in body and "response_code" in body:
        return Classification(Outcome.IN_DOUBT, message=f"HTTP {http_status} with two response codes")
    if "responseCode" in body:
        return _snap(service, http_status, body)
    if "response_code" in body:
        return _glossary(service, http_status, body)
    return Classification(Outcome.IN_DOUBT, message=f"HTTP {http_status} without a response code")


def _snap(service: Service, http_status: int, body: Mapping[str, Any]) -> Classification:
    code, message = text(body["responseCode"]), text(body.get("responseMessage"))
    if len(code) != 7 or not code.isdecimal() or code[:3] != str(http_status) or code[3:5] != service:
        return Classification(Outcome.IN_DOUBT, code, message)
    return _verdict(service, cases().get((code[:3], code[5:])), code, message)


def _glossary(service: Service, http_status: int, body: Mapping[str, Any]) -> Classification:
    code, message = text(body["response_code"]), text(body.get("response_message"))
    row = glossary().get(code)
    if row is not None and row["http"] != str(http_status):
        return Classification(Outcome.IN_DOUBT, code, message)
    return _verdict(service, row, code, message)


def _verdict(service: Service, row: Mapping[str, str] | None, code: str, message: str) -> Classification:
    if row is None:
        return Classification(Outcome.IN_DOUBT, code, message, UNLISTED)
    outcome = Outcome(row["on_transfer" if service is Service.TRANSFER else "on_query"])
    return Classification(outcome, code, message, row["cause"])


def text(value: object, limit: int = 200) -> str:
    """A code, reference or message as text, cut at `limit` characters and writable as UTF-8.

    DOKU sends codes as numbers and as strings. What is kept of an answer is bounded, or one
    verbose message could make an item that the table refuses.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)[:limit].encode("utf-8", "replace").decode()


@cache
def cases() -> dict[tuple[str, str], dict[str, str]]:
    """The SNAP cases by HTTP status and case."""
    return {(row["http"], row["case"]): row for row in rows("snap_cases.csv")}


@cache
def glossary() -> dict[str, dict[str, str]]:
    """The business codes of the glossary (seed 002)."""
    return {row["code"]: row for row in rows("glossary.csv")}


def rows(name: str) -> list[dict[str, str]]:
    """A table of `data/`, row by row. Nothing keeps it: whoever needs it twice does."""
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
