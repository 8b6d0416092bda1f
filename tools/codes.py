"""Explain a response code: its meaning, whether money moved, and the next step."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from payouts.codes.explain import explain
from payouts.codes.models import CodeMeaning, Explanation, System
from tools.output import print_json


def explain_code(code: str, system: str | None = None, as_json: bool = False) -> bool:
    """Print every meaning of a code. Return False for a code that no table lists, with the most likely meaning."""
    explained = explain(code, System(system) if system else None)
    if as_json:
        print_json(to_json(explained))
    else:
        print("\n".join(format_explanation(explained)))
    return explained.known


def to_json(explained: Explanation) -> dict[str, Any]:
    """The explanation with the names of its fields."""
    readings = [asdict(reading) for reading in explained.readings]
    return {"code": explained.code, "known": explained.known, "readings": readings}


def format_explanation(explained: Explanation) -> Iterator[str]:
    """The lines of an explanation, in English and Indonesian."""
    if not explained.known:
        yield f"{explained.code!a} is in no table; the most likely meaning:"
    for number, reading in enumerate(explained.readings):
        if number or not explained.known:
            yield ""
        yield from _format_reading(reading)


def _format_reading(reading: CodeMeaning) -> Iterator[str]:
    advice = reading.advice
    place = " ".join(filter(None, (reading.system, reading.code, reading.service_name)))
    yield f"{place}, as an answer to: {reading.scope}" if reading.scope != "state" else place
    if reading.message:
        yield f"  DOKU says     {reading.message}"
    yield f"  means         {reading.meaning}"
    yield f"  artinya       {reading.meaning_id}"
    yield f"  money moved   {advice.money_moved}; hold funds: {'yes' if advice.hold_funds else 'no'}"
    yield f"  retry         {advice.retry}; who acts: {advice.who_acts}"
    if reading.suggested_action:
        unsafe = "" if reading.suggested_action_safe else " (NOT safe for a payout)"
        yield f"  DOKU advises  {reading.suggested_action}{unsafe}"
    yield f"  next step     {advice.next_step}"
    yield f"  langkah       {advice.next_step_id}"
