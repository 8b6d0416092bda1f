"""Plays every scenario and prints how many passed."""

import argparse
import sys
import time

from rich.console import Console

from local.demo import batch_stage, many_rows, timeline
from local.demo.scenarios import Scenario, scenarios
from local.demo.stage import Stage, UnmetExpectation
from local.stack import LocalStack
from payouts.services.batch_rows import MOST_ROWS

_LOG_LINES = 30


def main() -> int:
    """Returns exit code 0 if all scenarios passed."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("only", nargs="*", help="play only the scenarios whose title contains one of these words")
    parser.add_argument("--rows", type=_rows, help="play a batch of so many rows instead, from a file")
    given = parser.parse_args()
    words, many = [word.casefold() for word in given.only], given.rows
    console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 120)
    started = time.monotonic()
    parameters = {"WebhookUrl": ""} if many else {}
    with LocalStack(
        parameters=parameters, report=lambda step: console.print(f"[dim]· {step}[/]", highlight=False)
    ) as stack:
        console.print(f"[dim]· ready after {time.monotonic() - started:.1f} s[/]", highlight=False)
        stage = Stage(stack, console)
        played = [_of_rows(many)] if many else scenarios(stage)
        chosen = (one for one in played if not words or any(word in one.title for word in words))
        results = [_play(stage, number, scenario) for number, scenario in enumerate(chosen, 1)]
        failed = results.count(False)
        if failed:
            lines = stack.logs().splitlines()[-_LOG_LINES:]
            console.print("the last lines of the functions' logs:", *lines, sep="\n", highlight=False, markup=False)
    console.print(f"\n[dim]{time.monotonic() - started:.0f} s[/]", highlight=False)
    console.print(f"demo: {len(results) - failed} passed, {failed} failed", highlight=False)
    return 1 if failed or not results else 0


def _rows(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_ROWS:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to {MOST_ROWS}")
    return int(text)


def _of_rows(count: int) -> Scenario:
    story = "A file is uploaded, checked, approved and paid, and every row is accounted for."
    return Scenario(f"batch of {count} rows", story, lambda on: many_rows.play(on, count), batch_stage.show)


def _play(stage: Stage, number: int, scenario: Scenario) -> bool:
    stage.console.print(f"\n[bold]{number}. {scenario.title}[/]\n  [dim]{scenario.story}[/]", highlight=False)
    try:
        reference = scenario.play(stage)
    except UnmetExpectation as unmet:
        if unmet.reference:
            timeline.show(stage.console, stage.get(unmet.reference))
        return False
    except Exception:
        stage.console.print_exception()
        return False
    scenario.show(stage, reference)
    return True


if __name__ == "__main__":
    sys.exit(main())
