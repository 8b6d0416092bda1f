"""The invariants of batches, checked with the ledger of the model's DOKU and what people have seen and approved."""

import json
from collections import Counter
from collections.abc import Collection, Sequence

from payouts.domain.batch import BatchStatus
from payouts.domain.batch_rows import origin
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Status
from payouts.store import items
from tests.verification.batch_model import facts
from tests.verification.batch_model.outside import AMOUNT, BatchWorld
from tests.verification.batch_model.parts import REFERENCE, Content
from tests.verification.model.doku import Fate
from tests.verification.model.invariants import check_ledger, require
from tests.verification.model.outside import Given, Request
from tests.verification.model.world import Outer


def check_sent(
    world: BatchWorld, outer: Outer, request: Request, approved: Collection[Content], answers: Sequence[Given]
) -> None:
    """Check a transfer request of a worker. `answers`: what its run was answered so far, the latest first."""
    body, table = json.loads(request.body), outer.table
    reference = body["partnerReferenceNo"]
    batch, stored = facts.batch(world, table), facts.transfers(world, table).get(reference)
    require(batch.status is not BatchStatus.CANCELLED, "I38: a row of a cancelled batch is sent")
    require(stored is not None, "I4: a transfer is sent that is not stored")
    assert stored is not None
    own = [row for row in facts.rows(world, table) if origin(REFERENCE, row.number) == stored.origin]
    require(len(own) == 1 and own[0].is_payable, "I37: a transfer is sent for no row, or for one that is not payable")
    amount = Rupiah.parse(body["amount"]["value"]).sen
    sent = (reference, body["beneficiaryAccountNumber"], amount, _named(answers))
    require(any(sent in content for content in approved), f"I33: {sent} is not of an approved content")
    left = world.balance(world.ledgers[outer.ledger])
    require(left >= AMOUNT, "funds: a row is sent for which the balance has no room")


def check_state(world: BatchWorld, outer: Outer) -> None:
    """Check what holds in every state: I1, I2, I37 and the number of rows that a cancellation states (I38)."""
    check_ledger(world.ledgers[outer.ledger], {})
    transfers = facts.transfers(world, outer.table)
    origins = Counter(each.origin for each in transfers.values() if each.origin)
    require(max(origins.values(), default=0) <= 1, "I37: two transfers for one row")
    batch = facts.batch(world, outer.table)
    if batch.status is BatchStatus.CANCELLED and batch.released_at is not None:
        said = int(batch.history[-1].note.partition(" ")[0])
        require(said == len(origins), f"I38: {said} rows are said to be sent, and {len(origins)} were")


def check_end(world: BatchWorld, outer: Outer) -> None:
    """Check a batch that was released and is final: I35, I36, and figures that are those of its rows."""
    table = outer.table
    transfers = {each.origin: each for each in facts.transfers(world, table).values() if each.origin}
    payable = [row for row in facts.rows(world, table) if row.is_payable]
    sent = {row.number for row in payable if origin(REFERENCE, row.number) in transfers}
    left = {row.number for row in payable} - sent - facts.reasons(world, table)
    require(not left, f"I35: rows {left} have neither a transfer nor a reason")
    figures = [each.summary for each in facts.states(world, table)]
    counted: Counter[Status] = Counter()
    for one in figures:
        counted.update({status: each.count for status, each in one.statuses.items()})
    actual = Counter(each.status for each in transfers.values())
    require(counted == actual, f"I35: the figures are {dict(counted)}, and the transfers {dict(actual)}")
    unpaid = sum(one.not_paid.count for one in figures)
    require(unpaid == len(payable) - len(sent), f"I35: {unpaid} rows are said to be unpaid, of {len(payable)}")
    own = {items.key(each.partner_reference_no) for each in transfers.values()}
    debits = sum(one.fate is Fate.PAID for one in world.ledgers[outer.ledger] if items.key(one.reference) in own)
    paid = sum(each.amount.sen for one in figures for status, each in one.statuses.items() if status is Status.SUCCESS)
    require(paid == debits * AMOUNT, f"I36: {paid} sen are said to be paid, and {debits * AMOUNT} were debited")


def _named(answers: Sequence[Given]) -> str:
    """The holder that the bank has named last."""
    for given in answers:
        if given.kind == "said" and b"beneficiaryAccountName" in given.value[1]:
            name: str = json.loads(given.value[1])["beneficiaryAccountName"]
            return name
    return ""
