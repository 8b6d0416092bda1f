"""The whole catalogue: every listed code by system, and the search over it."""

from collections.abc import Callable, Mapping
from functools import cache, partial

from payouts.codes import biller, glossary, http_status, snap, statuses
from payouts.codes.models import CodeMeaning, Explanation, System

SYSTEMS = tuple(system for system in System if system is not System.UNKNOWN)
"""Systems that a caller can name."""

_BUILDERS: Mapping[System, Callable[[], list[CodeMeaning]]] = {
    System.SNAP: snap.readings,
    System.GLOSSARY: glossary.readings,
    System.BILLER: biller.readings,
    System.HTTP: http_status.readings,
}


@cache
def listed(system: System) -> Mapping[str, Explanation]:
    """The codes of one system, in the table's order. Of SNAP, the cases of the services that this bundle calls."""
    by_code: dict[str, list[CodeMeaning]] = {}
    for reading in _BUILDERS.get(system, partial(statuses.readings, system))():
        by_code.setdefault(reading.code, []).append(reading)
    return {code: Explanation(code, tuple(readings)) for code, readings in by_code.items()}


def search(system: System | None = None, query: str = "") -> list[Explanation]:
    """Codes of `system`, or of all systems, whose code or texts contain every word of `query`, in any case."""
    words = query.casefold().split()
    systems = SYSTEMS if system is None else (system,)
    found = (explained for one in systems for explained in listed(one).values())
    return [explained for explained in found if all(word in _text(explained) for word in words)]


def _text(explained: Explanation) -> str:
    parts = (
        part
        for reading in explained.readings
        for part in (
            *(reading.code, reading.message, reading.meaning, reading.meaning_id, reading.category),
            *(reading.service_name, reading.service_name_id, reading.outcome),
            *(reading.advice.next_step, reading.advice.next_step_id),
        )
    )
    return " ".join(parts).casefold()
