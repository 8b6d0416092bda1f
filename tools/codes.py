"""What a code of DOKU means, whether money moved, and what to do: python -m tools.codes 4034314."""

import argparse
import sys
from collections.abc import Iterator

from payouts.codes.catalogue import SYSTEMS
from payouts.codes.explain import explain
from payouts.codes.models import CodeMeaning, Explanation, System


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 for a code that is in no table; its best reading is printed all the same."""
    parser = argparse.ArgumentParser(prog="python -m tools.codes", description=__doc__)
    parser.add_argument("code", help="such as 4034314, 5586, IT08, DUPLICATE_TRANSACTION, 50 or 2005300/06")
    parser.add_argument("--system", choices=SYSTEMS, help="read it as a code of this system only")
    options = parser.parse_args(arguments)
    explained = explain(options.code, options.system and System(options.system))
    print("\n".join(told(explained)))
    return 0 if explained.known else 1


def told(explained: Explanation) -> Iterator[str]:
    """The explanation, a line each, in English and Indonesian."""
    if not explained.known:
        yield f"{explained.code!a} is in no table; the best reading:"
    for number, reading in enumerate(explained.readings):
        if number or not explained.known:
            yield ""
        yield from _reading(reading)


def _reading(reading: CodeMeaning) -> Iterator[str]:
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


if __name__ == "__main__":
    sys.exit(main())
