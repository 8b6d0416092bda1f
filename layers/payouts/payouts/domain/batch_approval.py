"""Who may approve a batch, and what an approval covers."""

from dataclasses import replace

from payouts.domain.batch import Action, Approval, Batch, BatchStatus, Event, IllegalTransition, moved, noted
from payouts.domain.caller import Caller
from payouts.domain.errors import PayoutError


class Forbidden(PayoutError):
    """The caller may not do this, whatever the scopes of the token. Nothing was changed."""

    code = "FORBIDDEN"
    http_status = 403


class SelfApproval(Forbidden):
    """The approver created, changed or submitted the batch."""

    code = "SELF_APPROVAL"


class ContentChanged(PayoutError):
    """The digest is not that of the submitted content. Nothing was changed."""

    code = "CONTENT_CHANGED"
    http_status = 409


def approve(batch: Batch, caller: Caller, digest: str, now: int, required_now: int, comment: str = "") -> Batch:
    """Record an approval; with enough of them the batch is SCHEDULED. A repeated approval changes nothing.

    Raises Forbidden, SelfApproval, ContentChanged or IllegalTransition.
    """
    _check(batch, caller, digest)
    if any(each.by == caller.name and each.digest == digest for each in batch.approvals):
        return batch
    _check_pending(batch)
    event = Event(now, caller.name, Action.APPROVED, comment)
    approved = replace(batch, approvals=(*batch.approvals, Approval(caller.name, digest, now)))
    if not approved.is_approved(required_now):
        return noted(approved, event)
    return replace(moved(approved, BatchStatus.SCHEDULED, event), next_drive_at=max(now, batch.scheduled_at or now))


def reject(batch: Batch, caller: Caller, digest: str, now: int, comment: str) -> Batch:
    """Reject the submitted content; what was sent already is accounted for first. Raises as `approve`."""
    _check(batch, caller, digest)
    _check_pending(batch)
    event = Event(now, caller.name, Action.REJECTED, comment)
    if batch.released_at is not None:
        return replace(moved(batch, BatchStatus.CANCELLING, event), next_drive_at=now)
    return replace(moved(batch, BatchStatus.REJECTED, event), next_drive_at=None)


def _check(batch: Batch, caller: Caller, digest: str) -> None:
    if not caller.is_person:
        raise Forbidden("only a person approves: the token names none, or was issued to a program")
    if caller.ids & set(batch.involved):
        raise SelfApproval("you created, changed or submitted this batch; another person must decide about it")
    if batch.digest != digest:
        raise ContentChanged("the batch is not the one that this digest names: read it again before you decide")


def _check_pending(batch: Batch) -> None:
    if batch.status is not BatchStatus.PENDING_APPROVAL:
        raise IllegalTransition(f"the batch is {batch.status} and waits for no approval. Nothing was changed")
