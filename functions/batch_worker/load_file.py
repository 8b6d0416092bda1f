"""Load the uploaded file of a batch: read it as a whole first, then store its rows.

Whatever dies in between, the next worker reads the same file again: rows are stored once, and the batch is checked only
when all of them are.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from batch_worker.rows import FileRefused, read_rows
from payouts.doku.time_limits import Remaining
from payouts.domain import batch_file
from payouts.domain.batch import NO_ROWS, Batch, BatchFile, Totals
from payouts.domain.batch_duplicates import Repeats
from payouts.domain.batch_rows import CHUNK_ROWS, BatchRow, checked_summary, chunks_of, sums
from payouts.domain.errors import PayoutError
from payouts.services.batch_files import BatchFiles
from payouts.services.batch_lease import MARGIN_SECONDS
from payouts.services.batch_queue import FileTask
from payouts.services.create_batch import batch_row, difference
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.chunk_items import PAGE_CHUNKS

_PAGE_SECONDS = 20.0
"""For the rows of a page's chunks."""
_PAGE_ROWS = CHUNK_ROWS * PAGE_CHUNKS
_MISSING = "nothing was uploaded: create the batch again for a new form, upload the file, and start the check again"
_OTHER = "the uploaded file has another SHA-256 than the declared one: upload it again, and start the check again"
_MIXED = "the stored rows are not those of the file: cancel this batch, and create another one"


@dataclass(frozen=True, slots=True)
class _Content:
    """What a file has as a whole."""

    totals: Totals
    repeats: Repeats


class FileLoader:
    """Loads files. One worker at a time reads a file, for as long as its lease lasts."""

    def __init__(self, store: BatchStore, chunks: ChunkStore, files: BatchFiles, clock: Callable[[], float]) -> None:
        self._store = store
        self._chunks = chunks
        self._files = files
        self._clock = clock

    def load(self, task: FileTask, remaining: Remaining) -> None:
        """Load the file that the task names, if it is still to be read. Raises PayoutError; a later call goes on."""
        batch = self._claimed(task, remaining)
        if batch is None or batch.file is None:
            return
        try:
            self._load(batch, batch.file, remaining)
        except PayoutError:
            self._release(batch, batch.file.lease)
            raise
        self._release(batch, batch.file.lease)

    def _claimed(self, task: FileTask, remaining: Remaining) -> Batch | None:
        """The batch, whose file is this worker's from now on; None if another worker has it or it is not to be read."""
        batch, claims = self._store.get(task.reference), list[bool]()
        now = self._clock()
        until = int((now + remaining() + MARGIN_SECONDS) * 1000)

        def claim(current: Batch) -> Batch:
            claimed = batch_file.claim(current, task.sha256, int(now * 1000), until)
            claims.append(claimed is not current)  # another worker's lease may end in the same millisecond
            return claimed

        stored = None if batch is None else self._store.update(batch, claim)
        return stored if claims and claims[-1] else None

    def _release(self, batch: Batch, lease: int) -> None:
        with suppress(PayoutError):  # it ends by itself
            self._store.update(batch, lambda current: batch_file.release(current, lease))

    def _load(self, batch: Batch, file: BatchFile, remaining: Remaining) -> None:
        with TemporaryDirectory() as directory:
            path = Path(directory) / "file"
            sha256 = self._files.download(batch, path)
            if sha256 != file.sha256:
                self._refuse(batch, file, _MISSING if sha256 is None else _OTHER, content=False)
                return
            try:
                content = _content(_rows(batch, path))
            except FileRefused as refused:
                self._refuse(batch, file, str(refused), content=True)
                return
            if differs := _difference(file, content.totals):
                self._refuse(batch, file, differs, content=True)
                return
            accepted = self._store.update(batch, lambda current: batch_file.accept(current, file.lease))
            if not batch_file.holds(accepted, file.lease):
                return  # corrected, cancelled or expired meanwhile
            if self._stored(accepted, map(content.repeats.marked, _rows(batch, path)), remaining):
                self._complete(accepted, file, content.totals)

    def _refuse(self, batch: Batch, file: BatchFile, problem: str, content: bool) -> None:
        now = self._now()
        self._store.update(batch, lambda current: batch_file.refuse(current, file.lease, problem, now, content))

    def _stored(self, batch: Batch, rows: Iterator[BatchRow], remaining: Remaining) -> bool:
        """Store the rows, a page's chunks before the page. Returns False if time does not suffice."""
        for page, within in enumerate(_parts(rows, _PAGE_ROWS)):
            if remaining() < _PAGE_SECONDS:
                return False
            if self._chunks.has_page(batch.reference, page):
                continue
            first, summaries = page * PAGE_CHUNKS, []
            for index, chunk in enumerate(_parts(iter(within), CHUNK_ROWS), start=first):
                summaries.append(checked_summary(self._chunks.add_rows(batch.reference, index, chunk, self._now())))
            self._chunks.add_page(batch.reference, page, summaries, self._now())
        return True

    def _complete(self, batch: Batch, file: BatchFile, totals: Totals) -> None:
        """Let the check begin, once what is stored adds up to what was read."""
        stored = sums(each.summary for each in self._chunks.states(batch.reference, chunks_of(totals.count)))
        if sum(stored.outcomes.values(), NO_ROWS) != totals:  # releases that read the file differently loaded parts
            self._refuse(batch, file, _MIXED, content=True)
            return
        now = self._now()
        self._store.update(batch, lambda current: batch_file.complete(current, file.lease, totals.count, now))

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _rows(batch: Batch, path: Path) -> Iterator[BatchRow]:
    return (batch_row(batch.reference, row) for row in read_rows(path))


def _content(rows: Iterable[BatchRow]) -> _Content:
    totals, repeats = NO_ROWS, Repeats()
    for row in rows:
        totals += row.counted
        repeats.add(row)
    return _Content(totals, repeats)


def _difference(file: BatchFile, totals: Totals) -> str:
    return difference(file.expected_count, file.expected_total, totals.count, totals.amount)


def _parts(rows: Iterator[BatchRow], size: int) -> Iterator[list[BatchRow]]:
    return iter(lambda: list(islice(rows, size)), [])
