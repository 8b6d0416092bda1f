"""Drive the batches that are due in a tick."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from payouts.doku.time_limits import LEAST_SECONDS, TABLE_SECONDS, Remaining
from payouts.domain.batch import Batch, BatchStatus
from payouts.services.drive_batches import BatchDriver
from payouts.store.batches import BatchStore

_STEP_SECONDS = LEAST_SECONDS + TABLE_SECONDS
"""Least time for one batch. A question about the balance fits into the time that is left."""


@dataclass(slots=True)
class Driven:
    """What a tick did about the batches that were due."""

    batches: list[Batch] = field(default_factory=list)
    """As they are stored now."""
    failed: list[Exception] = field(default_factory=list)
    """Why others were not driven."""
    left: int = 0
    """Those for which no time was left."""


def drive_due(references: Iterable[str], store: BatchStore, driver: BatchDriver, remaining: Remaining) -> Driven:
    """Drive batches while there is time; those that wait for funds last, since DOKU may be slow to state the balance.

    No error of a batch stops the others.
    """
    driven, waiting = Driven(), list[Batch]()

    def attempt(work: Callable[[], Batch | None]) -> None:
        if remaining() < _STEP_SECONDS:
            driven.left += 1
            return
        try:
            batch = work()
        except Exception as error:  # the next tick drives it
            driven.failed.append(error)
        else:
            driven.batches += [batch] if batch is not None else []

    def read_and_drive(reference: str) -> Batch | None:
        batch = store.get(reference)
        if batch is not None and batch.status is BatchStatus.WAITING_FOR_FUNDS:
            waiting.append(batch)
            return None
        return None if batch is None else driver.drive(batch, remaining)

    for reference in references:
        attempt(partial(read_and_drive, reference))
    for batch in waiting:
        attempt(partial(driver.drive, batch, remaining))
    return driven
