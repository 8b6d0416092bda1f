"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result: what was looked at, what was seen, and how to mend it. Holds no secret."""

    check: str
    verdict: Verdict
    seen: str
    mend: str = ""


def ok(check: str, seen: str) -> Finding:
    """As it should be."""
    return Finding(check, Verdict.OK, seen)


def warning(check: str, seen: str, mend: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(check, Verdict.WARNING, seen, mend)


def wrong(check: str, seen: str, mend: str) -> Finding:
    """It does not work."""
    return Finding(check, Verdict.WRONG, seen, mend)


def skipped(check: str, seen: str) -> Finding:
    """It could not be looked at."""
    return Finding(check, Verdict.SKIPPED, seen)
