"""The result of a check."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The outcome of a check."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result: its subject, the observation, and how to fix it. Holds no secret."""

    check: str
    verdict: Verdict
    seen: str
    fix: str = ""


def ok(check: str, seen: str) -> Finding:
    """The set-up is right."""
    return Finding(check, Verdict.OK, seen)


def warning(check: str, seen: str, fix: str) -> Finding:
    """It works, but needs a look."""
    return Finding(check, Verdict.WARNING, seen, fix)


def wrong(check: str, seen: str, fix: str) -> Finding:
    """It does not work."""
    return Finding(check, Verdict.WRONG, seen, fix)


def skipped(check: str, seen: str) -> Finding:
    """It could not be checked."""
    return Finding(check, Verdict.SKIPPED, seen)
