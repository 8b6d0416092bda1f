"""Erasing the personal data of a batch, while amounts, statuses, references and times stay."""

from dataclasses import replace

from payouts.domain.batch import SYSTEM, Approval, Batch, Event
from payouts.domain.batch_rows import BatchRow
from payouts.domain.forgetting import KEPT_DAYS, forgotten_intent
from payouts.domain.schedule import DAY


def batch_may_be_forgotten(batch: Batch, before: int, now: int) -> bool:
    """True if the batch is final and was created before a time, and nothing happened to it for KEPT_DAYS."""
    return batch.is_final and batch.created_at < before and batch.history[-1].at < now - KEPT_DAYS * DAY


def forgotten_batch(batch: Batch) -> Batch:
    """The batch without personal data, but for the callers that changed it. Its failed rows are never paid again."""
    algorithm, _, _ = batch.fingerprint.partition(":")
    return replace(
        batch,
        fingerprint=f"{algorithm}:",
        created_by="",
        remark="",
        digest="",
        file=replace(batch.file, sha256="", problem="") if batch.file else None,
        history=tuple(each if each.by == SYSTEM else Event(each.at, "", each.action) for each in batch.history),
        approvals=tuple(Approval("", "", each.at) for each in batch.approvals),
    )


def forgotten_row(row: BatchRow) -> BatchRow:
    """The row without personal data."""
    intent = forgotten_intent(row.intent) if row.intent else None
    return replace(row, intent=intent, bank_name="", name_match="")
