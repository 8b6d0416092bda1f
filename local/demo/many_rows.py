"""`make demo ARGS="--rows 10000"`: a batch of many rows from a file, with every row accounted for."""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from rich.console import Console
from rich.progress import Progress, TaskID

from local.demo.batch_stage import BatchStage
from local.demo.stage import Stage
from payouts.domain.status import ENDED

_HEADER = "customerNumber,beneficiaryBankCode,beneficiaryAccountNumber,beneficiaryAccountName,amount"
_STEP = 500
"""Every so many rows have a wrong name, an account that does not exist, an amount that is none, or a duplicate."""
_FINAL = {"DONE", "DONE_WITH_FAILURES"}
_MOST_MINUTES = 2_000


def content(count: int) -> bytes:
    """A CSV file with so many rows, some of which need a decision."""
    return "\n".join((_HEADER, *(_line(number) for number in range(1, count + 1)))).encode()


def _line(number: int) -> str:
    account, amount = str(8_000_000 + number), "1500000"
    match number % _STEP:
        case 100:
            account = f"99900003{number}"
        case 200:
            account = f"99900005{number}"
        case 300:
            amount = "1.500"
        case 400:
            account = str(8_000_000 + number - 1)
    return f"628115678890,014,{account},PEGAWAI {number},{amount}"


class Steps:
    """Shows how far a step is: a bar in a terminal, elsewhere a line for each tenth."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(console=console, disable=not console.is_terminal)
        self._started = time.monotonic()
        self._tenth = -1

    def __enter__(self) -> "Steps":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def begin(self, name: str) -> TaskID:
        """A step of its own bar."""
        self._tenth = -1
        return self._bars.add_task(name, total=None)

    def show(self, step: TaskID, done: int, of: int) -> None:
        """So much of the step is done."""
        self._bars.update(step, completed=done, total=of)
        tenth = 10 * done // max(1, of)
        if self._bars.disable and tenth != self._tenth:
            self._tenth, name = tenth, self._bars.tasks[step].description
            seconds = time.monotonic() - self._started
            self._console.print(f"    [dim]{seconds:4.0f} s[/]  {name}: {done:,} of {of:,} rows", highlight=False)


def _open(found: Mapping[str, Any]) -> int:
    """How many rows were sent whose transfers were not final when they were read last."""
    return sum(totals["count"] for status, totals in found["statuses"].items() if status not in ENDED)


@dataclass
class ManyRows:
    """The batch, and the progress that is shown."""

    batch: BatchStage
    count: int
    steps: Steps

    def play(self) -> None:
        """Upload, check, exclude what is not all right, approve, pay, and wait for the last status."""
        self._upload(content(self.count))
        self._until("checking", {"READY", "NEEDS_ATTENTION"})
        self._exclude()
        self.batch.submit_and_approve()
        self._until("paying", {"SETTLING", *_FINAL})
        self._until("settling", _FINAL)

    def _upload(self, file: bytes) -> None:
        sha256 = hashlib.sha256(file).hexdigest()
        body = {"batchReference": self.batch.reference, "sha256": sha256, "expectedCount": self.count}
        form = self.batch.stage.call("POST", "/v1/batches", body).json()["upload"]
        answer = requests.post(form["url"], data=form["fields"], files={"file": file}, timeout=60)
        self.batch.stage.expect(answer.ok, f"a file of {self.count} rows is uploaded")
        self.batch.call("POST", "checks")

    def _until(self, step: str, statuses: set[str]) -> None:
        """Let the worker and the minutes go on until the batch has one of the statuses."""
        bar = self.steps.begin(step)
        for _ in range(_MOST_MINUTES):
            working = self.batch.drain_in_background()
            while not working.done():
                time.sleep(1)
                self._show(bar, statuses)
            working.result()
            if self._show(bar, statuses):
                break
            self.batch.stage.doku.advance(61)
            self.batch.stage.stack.tick()

    def _show(self, bar: TaskID, statuses: set[str]) -> bool:
        """Show the batch's progress. Returns True if it has one of the statuses."""
        found = self.batch.get()
        of = found["progress"]["of"] or self.count
        ended = found["status"] in statuses  # from then on, the progress is that of the next step
        done = found["progress"]["done"] - (_open(found) if found["status"] == "SETTLING" else 0)
        self.steps.show(bar, of if ended else done, of)
        return ended

    def _exclude(self) -> None:
        rows = [each["row"] for each in self.rows() if not each["payable"]]
        for start in range(0, len(rows), 1_000):
            self.batch.call("PATCH", "rows", {"rows": rows[start : start + 1_000], "excluded": True})
        self.batch.stage.expect(True, f"{len(rows)} rows need a decision, and are excluded")

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows, page by page."""
        cursor = ""
        while cursor is not None:
            page = self.batch.call("GET", f"rows?limit=100&cursor={cursor}").json()
            yield from page["rows"]
            cursor = page["cursor"]

    def account(self) -> None:
        """Print what became of the rows, and compare it with DOKU's debits and with the batch's own figures."""
        stage, debits, found = self.batch.stage, self.batch.debits(), self.batch.get()
        rows = list(self.rows())
        ends = Counter(each["status"] or each["outcome"] for each in rows)
        for end, count in sorted(ends.items()):
            stage.console.print(f"    {count:>7,}  {end}", highlight=False)
        paid = {each["partnerReferenceNo"] for each in rows if each["status"] == "SUCCESS"}
        stage.expect(len({each["row"] for each in rows}) == self.count, f"{self.count} rows, each of them once")
        open_rows = [each["row"] for each in rows if each["status"] is None and each["outcome"] != "EXCLUDED"]
        stage.expect(open_rows == [], "every row has a transfer, a reason, or was excluded")
        once = debits.keys() == paid and set(debits.values()) <= {1}
        stage.expect(once, f"DOKU debited {len(debits)} rows, each of them once: those that are SUCCESS")
        counted = {name: totals["count"] for name, totals in found["statuses"].items()}
        stage.expect(counted.get("SUCCESS", 0) == len(paid), "the batch's own figures agree")


def play(stage: Stage, count: int) -> str:
    """Play a batch of so many rows. Returns its reference."""
    stage.doku.deposit(f"{2_000_000 * count}.00")
    with Steps(stage.console) as steps:
        many = ManyRows(BatchStage(stage, "MANY"), count, steps)
        many.play()
    many.account()
    return many.batch.reference
