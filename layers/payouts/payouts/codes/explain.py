"""The meaning of any code, listed or not."""

from collections.abc import Iterator

from payouts.codes import biller, http_status, snap
from payouts.codes.advice import advise
from payouts.codes.catalogue import SYSTEMS, listed
from payouts.codes.models import CodeMeaning, Explanation, Scope, System
from payouts.doku.outcomes import Outcome

_LONGEST = 64
"""Longest part of a code that is repeated in an answer. No code of DOKU is longer."""


def explain(code: str, system: System | None = None) -> Explanation:
    """All readings of `code`, or those in `system`, the likeliest first. There is always at least one; never raises.

    Case and surrounding space do not matter. `2005300/06`, as in a transfer's history, is read as its two parts.
    """
    asked = _shown(code)
    readings = [one for one in _readings(asked.upper()) if system in (None, one.system)]
    return Explanation(asked, tuple(readings) or (_unknown(asked, system or System.UNKNOWN),))


def _shown(code: str) -> str:
    return code[: 4 * _LONGEST].strip()[:_LONGEST].encode("utf-8", "replace").decode()


def _readings(code: str) -> list[CodeMeaning]:
    answer, slash, status = code.partition("/")
    if slash and _is_snap(answer):
        return [*_exact(status, (System.SNAP_STATUS, System.KIRIM_DOKU_STATUS)), *_readings(answer)]
    if _is_snap(code):
        return [snap.reading(code)]
    return [*_exact(code, SYSTEMS), *_as_number(code)] or _best(code)


def _is_snap(code: str) -> bool:
    return len(code) == 7 and code.isascii() and code.isdecimal()


def _exact(code: str, systems: tuple[System, ...]) -> Iterator[CodeMeaning]:
    for system in systems:
        if system is not System.SNAP and code in listed(system):
            yield from listed(system)[code].readings


def _as_number(code: str) -> Iterator[CodeMeaning]:
    """Codes without their leading zeros: DOKU sends some codes as JSON numbers."""
    if len(code) == 1 and code in "0123456789":
        yield from _exact(code.rjust(2, "0"), SYSTEMS)
        yield from _exact(code.rjust(4, "0"), (System.BILLER,))


def _best(code: str) -> list[CodeMeaning]:
    if len(code) == 3 and code.isascii() and code.isdecimal() and "100" <= code <= "599":
        return [http_status.reading(code)]
    return biller.best(code)


def _unknown(code: str, system: System) -> CodeMeaning:
    return CodeMeaning(
        system=system,
        code=code,
        scope=Scope.UNKNOWN,
        message="",
        meaning="Not a code of any known table",
        meaning_id="Bukan kode dari tabel yang dikenal",
        outcome=Outcome.IN_DOUBT,
        advice=advise(Scope.UNKNOWN, Outcome.IN_DOUBT),
        known=False,
    )
