"""Classification of DOKU's answers by the code tables in `data/`."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"


class Outcome(StrEnum):
    """The possible meanings of an answer, of any call. `Finding` is what a transfer keeps of it."""

    ACCEPTED = "ACCEPTED"
    """A question was answered. A transfer was taken on and is not paid yet."""
    PENDING = "PENDING"
    """DOKU is working on it."""
    REJECTED = "REJECTED"
    """Refused and not executed."""
    UNAUTHORIZED = "UNAUTHORIZED"
    """Token, signature or credentials refused; not executed."""
    THROTTLED = "THROTTLED"
    """Too many requests. It proves nothing about a transfer: only 4294300 does, which is REJECTED."""
    NOT_FOUND = "NOT_FOUND"
    """DOKU has no record of the transfer or account that was asked about."""
    IN_DOUBT = "IN_DOUBT"
    """Any other answer. It proves nothing."""


class Service(StrEnum):
    """SNAP service codes of the calls that this bundle makes."""

    BALANCE = "11"
    INQUIRY = "42"
    TRANSFER = "43"
    STATUS = "53"
    TOKEN = "73"  # noqa: S105


TOKEN = "token"  # noqa: S105
"""The cause of a 401 that names the access token: invalid, not found."""
UNLISTED = "unlisted"
"""The cause of a well-formed code that no table lists."""


@dataclass(frozen=True, slots=True)
class Classification:
    """An outcome with DOKU's code (seven digits or a glossary code, empty if there was none) and message."""

    outcome: Outcome
    code: str = ""
    message: str = ""
    cause: str = ""
    """Selects the advice in the catalogue (`payouts.codes.advice`): the cause of the table's row, or UNLISTED."""

    @property
    def refuses_token(self) -> bool:
        """True if DOKU refuses the access token, not the signature or the client."""
        return self.outcome is Outcome.UNAUTHORIZED and self.cause == TOKEN


def classify(service: Service, http_status: int, body: Mapping[str, Any] | None) -> Classification:
    """Classify an answer. `body` is None if it could not be parsed.

    A code counts only if it agrees with the HTTP status and, for SNAP, with the service; any other answer is IN_DOUBT
    (docs/doku-protocol.md, "Answers that contradict themselves").
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

    DOKU sends codes as numbers and as strings. The bound keeps a long message from making an item that DynamoDB
    refuses.
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
    """The business codes of DOKU's Error Codes Glossary."""
    return {row["code"]: row for row in rows("glossary.csv")}


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table of `data/`. Not cached here; callers cache what they use again."""
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
