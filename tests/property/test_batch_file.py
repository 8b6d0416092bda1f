"""The file of a batch under any order of requests and workers."""

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from payouts.domain import batch_file
from payouts.domain.batch import Batch, BatchFile, BatchStatus, IllegalTransition
from payouts.domain.caller import Caller
from payouts.domain.errors import Duplicate

DEWI = Caller(subject="dewi", person="dewi", client="")
LEASE = 60


@dataclass
class Worker:
    """A worker with the file that it read, and what it did."""

    lease: int
    sha256: str


STEPS = st.sampled_from(["declare", "start", "claim", "refuse", "accept", "complete", "release", "wait", "cancel"])
BEGIN = [("start", 0), ("claim", 0), ("accept", 0)]
"""A worker reads the file and begins to store its rows; few random orders get so far."""


@given(st.integers(0, 3), st.lists(st.tuples(STEPS, st.integers(0, 2)), max_size=40))
def test_rows_are_those_of_the_one_file_that_was_accepted(begun: int, steps: list[tuple[str, int]]) -> None:
    batch, now, workers = Batch("PAYROLL", "", 0, 0, file=BatchFile("0", 10**9)), 0, list[Worker]()
    accepted: set[str] = set()
    for kind, choice in [*BEGIN[:begun], *steps]:
        now += 2 * LEASE if kind == "wait" else 1
        worker = workers[choice % len(workers)] if workers else Worker(-1, "")
        batch = _applied(batch, kind, choice, now, workers, worker)
        assert batch.file is not None
        if kind == "accept" and batch_file.holds(batch, worker.lease):
            assert batch.file.sha256 == worker.sha256
            accepted |= {batch.file.sha256} if batch.status is BatchStatus.RECEIVING else set()
        assert not accepted or {batch.file.sha256} == accepted
    assert (batch.rows == 7) is (batch.status is BatchStatus.CHECKING)
    assert accepted or batch.status is not BatchStatus.CHECKING


def _applied(batch: Batch, kind: str, choice: int, now: int, workers: list[Worker], worker: Worker) -> Batch:
    match kind:
        case "declare":
            try:
                return batch_file.declare_again(batch, BatchFile(str(choice), 10**9), DEWI, now)
            except Duplicate:
                return batch
        case "start":
            try:
                return batch_file.start_reading(batch, DEWI, now)
            except IllegalTransition:
                return batch
        case "claim":
            claimed = batch_file.claim(batch, str(choice), now, now + LEASE)
            if claimed is not batch:
                workers.append(Worker(now + LEASE, str(choice)))
            return claimed
        case "refuse":
            return batch_file.refuse(batch, worker.lease, "wrong", now, content=choice == 2)
        case "accept":
            return batch_file.accept(batch, worker.lease)
        case "complete":
            return batch_file.complete(batch, worker.lease, 7, now)
        case "release":
            return batch_file.release(batch, worker.lease)
        case "cancel":
            waits = batch.status is BatchStatus.RECEIVING and choice == 2
            return replace(batch, status=BatchStatus.CANCELLED) if waits else batch
    return batch
