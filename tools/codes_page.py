"""Write docs/response-codes.md and docs/response-codes.id.md from the code tables (make codes)."""

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path

from payouts.codes import biller
from payouts.codes.catalogue import listed
from payouts.codes.models import CodeMeaning, Explanation, System
from payouts.doku.outcomes import Service, rows
from tools.codes_words import ENGLISH, INDONESIAN, Words

_DOCS = Path(__file__).parent.parent / "docs"
_WORDS = {_DOCS / "response-codes.md": ENGLISH, _DOCS / "response-codes.id.md": INDONESIAN}


def pages() -> dict[Path, str]:
    """The content of the pages, one for each language."""
    return {path: "\n".join(_Page(words).parts()) for path, words in _WORDS.items()}


def main() -> int:
    """Write the pages."""
    for path, content in pages().items():
        path.write_text(content, encoding="utf-8")
    return 0


class _Page:
    """The page in one language."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._columns = words.columns

    def parts(self) -> Iterator[str]:
        """The sections of the page."""
        yield self._words.head
        yield from self._snap()
        yield from self._glossary()
        yield from self._biller()
        yield from self._states()
        if self._words.sources:
            yield self._words.sources

    def _snap(self) -> Iterator[str]:
        words = self._words
        snap = [reading for explained in listed(System.SNAP).values() for reading in explained.readings]
        yield f"## {words.snap}\n"
        services = (f"{row['service']} {row[words.service_name]}" for row in rows("snap_services.csv"))
        yield f"{words.services}: {', '.join(services)}. {words.read_as}\n"
        for service, title in ((Service.TRANSFER, words.to_transfer), (Service.INQUIRY, words.to_question)):
            yield f"### {title}\n"
            yield _table(self._columns, (self._row(reading) for reading in snap if reading.service == service))
        yield f"### {words.to_status}\n"
        by_outcome = self._by_outcome([one for one in snap if one.service == Service.STATUS])
        yield _table((words.codes, *self._columns[3:]), by_outcome)

    def _by_outcome(self, readings: list[CodeMeaning]) -> Iterator[tuple[str, ...]]:
        outcome: Callable[[CodeMeaning], str] = lambda reading: reading.outcome  # noqa: E731
        for _, group in groupby(sorted(readings, key=outcome), outcome):
            same = list(group)
            yield ", ".join(reading.code for reading in same), *self._row(same[0])[3:]

    def _glossary(self) -> Iterator[str]:
        words, columns = self._words, self._columns
        yield "## Error Codes Glossary\n"
        head = (columns[0], "HTTP", words.answers, *columns[1:3], words.doku_suggests, *columns[3:])
        yield _table(head, (self._glossary_row(one) for one in _readings(listed(System.GLOSSARY).values())))
        yield f"### {words.http}\n"
        yield _table(columns, (self._row(one) for one in _readings(listed(System.HTTP).values())))

    def _glossary_row(self, reading: CodeMeaning) -> tuple[str, ...]:
        code, *cells = self._row(reading)
        suggests = reading.suggested_action + ("" if reading.suggested_action_safe else f" **({self._words.unsafe})**")
        return code, reading.http_status, self._say(reading.scope), *cells[:2], suggests, *cells[2:]

    def _biller(self) -> Iterator[str]:
        words = self._words
        yield "## DOKU Biller\n"
        categories = ((row["category"], row[words.category], row["prefixes"]) for row in rows("biller_categories.csv"))
        yield _table((words.category_name, self._columns[2], words.prefixes), categories)
        columns = (self._columns[0], words.answers, *self._columns[1:], words.decision)
        found = _readings(listed(System.BILLER).values())
        cells = ((one.code, self._say(one.scope), *self._row(one)[1:], self._say(one.outcome)) for one in found)
        yield _table(columns, cells)
        yield f"### {words.decisions}\n"
        yield f"{words.decisions_lead}\n"
        columns = (self._columns[0], words.states, *map(self._say, biller.COLUMNS))
        yield _table(columns, (self._decisions(row) for row in biller.codes().values()))

    def _decisions(self, row: dict[str, str]) -> tuple[str, ...]:
        stated = {reading.scope for reading in listed(System.BILLER)[row["code"]].readings if reading.states}
        decisions = ((scope, self._say(row[column])) for scope, column in biller.COLUMNS.items())
        return row["code"], row["states"], *(text if scope in stated else f"*{text}*" for scope, text in decisions)

    def _states(self) -> Iterator[str]:
        for system, title in self._words.systems.items():
            yield f"## {title}\n"
            yield _table(self._columns, (self._row(one) for one in _readings(listed(system).values())))

    def _row(self, reading: CodeMeaning) -> tuple[str, ...]:
        advice, is_id = reading.advice, self._words.is_indonesian
        meaning, next_step = reading.meaning, advice.next_step
        if is_id:
            meaning, next_step = reading.meaning_id, advice.next_step_id
        said = (advice.money_moved, "yes" if advice.hold_funds else "no", advice.retry, advice.who_acts)
        return reading.code, reading.message, meaning, *map(self._say, said), next_step

    def _say(self, value: str) -> str:
        return self._words.values.get(value, value)


def _readings(explained: Iterable[Explanation]) -> Iterator[CodeMeaning]:
    return (reading for one in explained for reading in one.readings)


def _table(columns: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    head = list(columns)
    return "".join(_line(line) for line in (head, ["---"] * len(head), *lines))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    sys.exit(main())
