"""What happens to the file of a batch until its rows are stored. No I/O, no clock; times in milliseconds.

Rows are stored only after `accept`, when the whole file was read without a problem. From then on no other file can take
its place, so a batch never has rows of two files.
"""

from dataclasses import replace

from payouts.domain.batch import (
    SYSTEM,
    Action,
    Batch,
    BatchFile,
    BatchStatus,
    Event,
    IllegalTransition,
    involve,
    moved,
    noted,
)
from payouts.domain.caller import Caller
from payouts.domain.errors import Duplicate
from payouts.domain.schedule import DAY, MINUTE

RECEIVE_MILLIS = 1 * DAY
"""How long a batch without its rows is kept after its creation, and after the latest request to read its file."""
_LONGEST_LEASE = 20 * MINUTE
"""No worker lasts longer. A lease that ends later was written by a wrong clock and counts as ended."""


def declare_again(batch: Batch, file: BatchFile, caller: Caller, now: int) -> Batch:
    """The batch with a corrected file or control totals. Raises Duplicate once rows may be stored."""
    if batch.file is not None and batch.file.declared == file.declared:
        return batch
    if batch.file is None or batch.status is not BatchStatus.RECEIVING or batch.file.accepted:
        raise Duplicate(
            f"batchReference {batch.reference} is used by a batch with another file, which is {batch.status};"
            " use another reference"
        )
    changed = replace(noted(batch, Event(now, caller.name, Action.FILE_REPLACED)), file=file)
    return involve(replace(changed, next_drive_at=file.expires_at), caller)


def start_reading(batch: Batch, caller: Caller, now: int) -> Batch:
    """The batch whose file is to be read. Raises IllegalTransition if it has none, or if its content was refused."""
    file = batch.file
    if batch.status is not BatchStatus.RECEIVING or file is None:
        raise IllegalTransition("the batch has no rows yet: send its request again. Nothing was changed")
    if file.reading:
        return batch
    if file.refused:
        advice = "" if file.accepted else ". Correct the file, and create the batch again with its sha256"
        raise IllegalTransition(f"{file.problem}{advice}")
    started = replace(file, reading=True, problem="", lease=0, expires_at=now + RECEIVE_MILLIS)
    changed = noted(replace(batch, file=started, next_drive_at=now), Event(now, caller.name, Action.READ_STARTED))
    return involve(changed, caller)


def claim(batch: Batch, sha256: str, now: int, until: int) -> Batch:
    """The batch whose file this worker reads until then. Unchanged if another worker does, or nothing is to be read."""
    file = batch.file
    if batch.status is not BatchStatus.RECEIVING or file is None or file.sha256 != sha256:
        return batch
    if not file.reading or is_leased(file, now):
        return batch
    return replace(batch, file=replace(file, lease=until))


def is_leased(file: BatchFile, now: int) -> bool:
    """True if a worker may be reading the file."""
    return now < file.lease <= now + _LONGEST_LEASE


def release(batch: Batch, lease: int) -> Batch:
    """The batch whose file another worker may read."""
    file = _claimed(batch, lease)
    return batch if file is None else replace(batch, file=replace(file, lease=0))


def refuse(batch: Batch, lease: int, problem: str, now: int, content: bool) -> Batch:
    """The batch whose file was not read. `content` is True if uploading the same file again would not help."""
    file = _claimed(batch, lease)
    if file is None:
        return batch
    refused = replace(file, reading=False, lease=0, problem=problem, refused=content)
    event = Event(now, SYSTEM, Action.FILE_REFUSED, problem)
    return noted(replace(batch, file=refused, next_drive_at=file.expires_at), event)


def accept(batch: Batch, lease: int) -> Batch:
    """The batch whose file has no problem, so that its rows may be stored."""
    file = _claimed(batch, lease)
    return batch if file is None else replace(batch, file=replace(file, accepted=True))


def complete(batch: Batch, lease: int, rows: int, now: int) -> Batch:
    """The batch whose rows are stored: it is checked now."""
    file = _claimed(batch, lease)
    if file is None or not file.accepted:
        return batch
    read = replace(batch, file=replace(file, reading=False, lease=0), rows=rows)
    event = Event(now, SYSTEM, Action.CHECK_STARTED, f"{rows} rows were read")
    return replace(moved(read, BatchStatus.CHECKING, event), next_drive_at=now)


def holds(batch: Batch, lease: int) -> bool:
    """True if the worker with this lease may go on: the file is still the one that it reads."""
    return _claimed(batch, lease) is not None


def _claimed(batch: Batch, lease: int) -> BatchFile | None:
    mine = batch.status is BatchStatus.RECEIVING and batch.file is not None and batch.file.lease == lease
    return batch.file if mine else None
