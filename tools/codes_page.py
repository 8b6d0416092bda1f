"""Write docs/response-codes.md from the code tables (make codes)."""

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path

from payouts.codes import biller
from payouts.codes.catalogue import listed
from payouts.codes.models import CodeMeaning, Explanation, System
from payouts.doku.outcomes import Service, rows

PAGE = Path(__file__).parent.parent / "docs" / "response-codes.md"

_HEAD = """\
# Response codes

Written by `make codes` from the tables that the program itself uses, in `layers/payouts/payouts/doku/data/`.
`GET /v1/response-codes/{code}`, `GET /v1/response-codes?system=&query=` and
`.venv/bin/payouts codes CODE` explain single codes, also those that are in no table.

- **Moved**: whether the money has left for good. Refunded is "no".
- **Hold**: whether to keep the customer's money on hold, or for good where it was paid.
- **Retry**: whether the request that got this answer may be sent again. "new reference": fix the
  cause, then send a new request under another reference. For check status and advices it is about the query,
  not the payment.
- "DOKU says" quotes DOKU; everything else is ours.

These are the codes that *DOKU* answers with. Errors of this API carry the glossary's codes too; there `retryable` and
`response_message` name the next step, and nothing was sent.
"""
_UNCLEAR = """\
## Unclear sources, and our choices

| source | unclear | chosen |
|---|---|---|
| Biller | "four-digit number", yet most codes hold letters | four characters, compared as text |
| Biller | IT02 and SY06 name no state | read in all three; a payment with IT02 is released, not one with SY06 |
| Biller | U002, U003, IT02 and IT09 have no description | the meaning is ours, from the message |
| Biller | SY00 has "Inquiry, Payment. Advice" | the stop is read as a comma |
| Biller | 0000 is listed under "hold the payment amount" for inquiries too | hold; nothing was paid yet |
| Biller | how an advice says "failed": it is listed for 0000, IT01 and SY00 only | only 0000 ends it; else ask again, \
and an operator settles it in the end. IT01 would fail again, so it gives up at once |
| Biller | a code answers a payment or an advice that it is not listed for | not known: hold and advise |
| Biller | a code answers an inquiry that it is not listed for | release: an inquiry pays nothing; never on 5586 |
| Biller | U004, IT03 and IT09: the first of two requests may have been paid | hold and advise |
| Biller | SY00, SY01 and SY06: whether the biller was reached | hold and advise |
| Biller | after what time to send an advice, and how often | not stated, so the caller chooses |
| Biller | UE has no codes, and SY02 to SY05 do not exist | most likely meaning by category, as unknown |
| Glossary | "Use a unique transaction ID", "Retry", "Retry later" and "Wait and retry" would pay twice if the first \
request was carried out | check status first |
| Glossary | whether it applies to Kirim DOKU at all | understood beside SNAP, and only with its own HTTP status |
| Kirim DOKU | whether a refund brings the fee back | "moved: no" is about the principal |
| Kirim DOKU | activityCode 200 has no meaning | settles nothing |
| SNAP | 403ss24 to 403ss33 and 409ss02 are no part of ASPI's standard | third-party tables; 4094302 was seen live |
"""
_COLUMNS = ("code", "DOKU says", "meaning", "arti", "moved", "hold", "retry", "who acts", "next step", "langkah")


def page() -> str:
    """The content of the page."""
    parts = [_HEAD, *_snap(), *_glossary(), *_biller(), *_states(), _UNCLEAR]
    return "\n".join(parts)


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def _snap() -> Iterator[str]:
    snap = [reading for explained in listed(System.SNAP).values() for reading in explained.readings]
    yield "## SNAP: HTTP status, service, case\n"
    services = (f"{row['service']} {row['name']} ({row['scope']})" for row in rows("snap_services.csv"))
    yield f"Services: {', '.join(services)}. A service that moves money is read as 43, a question as 42.\n"
    for service, title in (
        (Service.TRANSFER, "transfer bank"),
        (Service.INQUIRY, "account inquiry; balance and token"),
    ):
        yield f"### Answers to {title}\n"
        yield _table(_COLUMNS, (_row(reading) for reading in snap if reading.service == service))
    yield "### Answers to check status\n"
    yield _table(("codes", *_COLUMNS[4:]), _by_outcome([one for one in snap if one.service == Service.STATUS]))


def _by_outcome(readings: list[CodeMeaning]) -> Iterator[tuple[str, ...]]:
    by_outcome: Callable[[CodeMeaning], str] = lambda reading: reading.outcome  # noqa: E731
    for _, group in groupby(sorted(readings, key=by_outcome), by_outcome):
        same = list(group)
        yield ", ".join(reading.code for reading in same), *_row(same[0])[4:]


def _glossary() -> Iterator[str]:
    yield "## Error Codes Glossary\n"
    columns = ("code", "HTTP", "answers a", *_COLUMNS[1:4], "DOKU suggests", *_COLUMNS[4:])
    yield _table(columns, (_glossary_row(one) for one in _readings(listed(System.GLOSSARY).values())))
    yield "### HTTP statuses\n"
    yield _table(_COLUMNS, (_row(one) for one in _readings(listed(System.HTTP).values())))


def _glossary_row(reading: CodeMeaning) -> tuple[str, ...]:
    code, *cells = _row(reading)
    suggests = reading.suggested_action + ("" if reading.suggested_action_safe else " **(unsafe here)**")
    return code, reading.http_status, reading.scope, *cells[:3], suggests, *cells[3:]


def _biller() -> Iterator[str]:
    yield "## DOKU Biller\n"
    categories = (
        (row["category"], row["description"], row["meaning_id"], row["prefixes"])
        for row in rows("biller_categories.csv")
    )
    yield _table(("category", "DOKU says", "arti", "prefixes"), categories)
    columns = ("code", "answers", *_COLUMNS[1:], "decision")
    found = _readings(listed(System.BILLER).values())
    yield _table(columns, ((one.code, one.scope, *_row(one)[1:], one.outcome) for one in found))
    yield "### Decisions\n"
    yield "What to do with the customer's money after each call. What DOKU does not list for a state is in *italics*.\n"
    yield _table(("code", "states", *biller.COLUMNS), (_decisions(row) for row in biller.codes().values()))


def _decisions(row: dict[str, str]) -> tuple[str, ...]:
    stated = {reading.scope for reading in listed(System.BILLER)[row["code"]].readings if reading.states}
    decisions = (row[column] if scope in stated else f"*{row[column]}*" for scope, column in biller.COLUMNS.items())
    return row["code"], row["states"], *decisions


def _states() -> Iterator[str]:
    titles = {
        System.SNAP_STATUS: "latestTransactionStatus of check status",
        System.KIRIM_DOKU_STATUS: "transactionStatus of Kirim DOKU, the legacy ones included",
        System.KIRIM_DOKU_PAYMENT: "originalResponseCode of check status",
        System.KIRIM_DOKU_NOTIFICATION: "Replies to notifications, and activityCode",
        System.KIRIM_DOKU_LEGACY: "Answers of the legacy API",
        System.PAYOUTS: "This program's own reasons",
    }
    for system, title in titles.items():
        yield f"## {title}\n"
        yield _table(_COLUMNS, (_row(one) for one in _readings(listed(system).values())))


def _readings(explained: Iterable[Explanation]) -> Iterator[CodeMeaning]:
    return (reading for one in explained for reading in one.readings)


def _row(reading: CodeMeaning) -> tuple[str, ...]:
    advice = reading.advice
    cells = reading.code, reading.message, reading.meaning, reading.meaning_id
    hold = "yes" if advice.hold_funds else "no"
    return *cells, advice.money_moved, hold, advice.retry, advice.who_acts, advice.next_step, advice.next_step_id


def _table(columns: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    head = list(columns)
    return "".join(_line(line) for line in (head, ["---"] * len(head), *lines))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    sys.exit(main())
