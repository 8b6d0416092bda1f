"""The rows of a batch in chunks of 100: outcomes of the check, summaries, seals and the digest. No I/O, no clock."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TypeVar

from payouts.domain.batch import NO_ROWS, Batch, Totals
from payouts.domain.debits import charged_fee
from payouts.domain.money import Rupiah
from payouts.domain.schedule import MINUTE
from payouts.domain.transfer import Intent, Status, Transfer

CHUNK_ROWS = 100
"""Rows that are stored, checked and paid together."""
Key = TypeVar("Key")
PAYMENT_HASHES = 2**128
"""Number of hashes of a payment."""
_GOLDEN = 0.6180339887
"""Its multiples are spread evenly over all positions."""
_ALGORITHM = "1"
"""Stored with each seal and digest, so that a later version can tell how they were made."""


class RowOutcome(StrEnum):
    """What the check says about a row, or what a person decided about it."""

    PENDING = "PENDING"
    OK = "OK"
    NAME_DIFFERS = "NAME_DIFFERS"
    """The bank's name is not the given one. The row may be paid once a person has confirmed the bank's name."""
    INVALID = "INVALID"
    DUPLICATE = "DUPLICATE"
    """Another row or transfer has its reference."""
    POSSIBLE_DUPLICATE = "POSSIBLE_DUPLICATE"
    """Another payment has its account and amount. The row may be paid once a person has confirmed it."""
    COULD_NOT_CHECK = "COULD_NOT_CHECK"
    """DOKU did not answer clearly; the check may be repeated."""
    EXCLUDED = "EXCLUDED"


_NAMED = frozenset({RowOutcome.OK, RowOutcome.POSSIBLE_DUPLICATE})


@dataclass(frozen=True, slots=True)
class Repaid:
    """A row that failed and is paid again by another one."""

    reference: str
    """Its partnerReferenceNo."""
    origin: str
    """What its transfer stores about it (`origin`)."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A row, with what the check found out."""

    number: int
    """As the source numbers it: a spreadsheet's first row below the header is 2."""
    intent: Intent | None
    """None if the row is invalid. Has its reference, and no session."""
    outcome: RowOutcome = RowOutcome.PENDING
    problems: tuple[tuple[str, str], ...] = ()
    """Column and reason, for an invalid row; `("", reason)` for the row as a whole."""
    bank_name: str = ""
    """The account holder according to the bank."""
    name_match: str = ""
    """Class of the comparison of the given name and the bank's."""
    fee: Rupiah | None = None
    confirmed: bool = False
    """True if a person confirmed the bank's name."""
    possible_duplicate: str = ""
    """The reference of another row or transfer with the same account and amount; empty if none was found."""
    duplicate_confirmed: bool = False
    """True if a person confirmed that both are to be paid."""
    excluded: bool = False
    repays: tuple[Repaid, ...] = ()
    """The row that it pays again, last, after those that this one paid again: none of them may have been paid."""

    @property
    def shown_outcome(self) -> RowOutcome:
        """The outcome, or EXCLUDED."""
        return RowOutcome.EXCLUDED if self.excluded else self.outcome

    @property
    def is_payable(self) -> bool:
        """True if the row may be paid as it is."""
        named = self.outcome in _NAMED or (self.outcome is RowOutcome.NAME_DIFFERS and self.confirmed)
        once = not self.possible_duplicate or self.duplicate_confirmed
        return named and once and not self.excluded and self.intent is not None

    @property
    def totals(self) -> Totals:
        """What the row adds to the sums."""
        return NO_ROWS if self.intent is None else _totals(self.intent, self.fee)

    @property
    def counted(self) -> Totals:
        """As `totals`, with 1 for a row that cannot be read as a transfer."""
        return Totals(1) if self.intent is None else self.totals


class Phase(StrEnum):
    """How far a chunk is."""

    LOADED = "LOADED"
    CHECKED = "CHECKED"
    """No row is PENDING."""
    PAID = "PAID"
    """Every payable row has a transfer or a reason for which it will have none."""


@dataclass(frozen=True, slots=True)
class ChunkSummary:
    """A chunk in figures. Always computed from its rows and transfers, never incremented."""

    phase: Phase
    first: int
    """Number of its first row."""
    outcomes: Mapping[RowOutcome, Totals] = field(default_factory=dict)
    payable: Totals = NO_ROWS
    seal: str = ""
    """Over the payable rows, with the banks' names."""
    payments: str = ""
    """In hex, the sum of hashes of the payable rows' banks, accounts and amounts: the same in any order."""
    statuses: Mapping[Status, Totals] = field(default_factory=dict)
    """The transfers of the chunk's rows, with the fees of their own inquiries."""
    sent: Totals = NO_ROWS
    """The same rows as they were checked: DOKU may state another fee at the payment."""
    not_paid: Totals = NO_ROWS
    open: int = 0
    """Transfers whose status may still change by itself."""
    check_again: bool = False
    """True if a person asked for another check of its rows that could not be checked."""
    read_at: int = 0
    """Time at which the transfers were read; 0 before. Of several chunks, the earliest."""

    @property
    def is_checked(self) -> bool:
        """True if nothing is left for the check to do."""
        again = self.check_again and RowOutcome.COULD_NOT_CHECK in self.outcomes
        return self.phase is not Phase.LOADED and not again

    @property
    def done(self) -> int:
        """Rows that were checked, and rows that have a transfer or will have none: a row counts twice in the end."""
        checked = sum(each.count for outcome, each in self.outcomes.items() if outcome is not RowOutcome.PENDING)
        return checked + sum(each.count for each in self.statuses.values()) + self.not_paid.count

    @property
    def unsent(self) -> Rupiah:
        """What the rows that are still to be sent need: amounts and fees."""
        return Rupiah(max(0, self.payable.needed.sen - self.sent.needed.sen - self.not_paid.needed.sen))

    @property
    def blocked(self) -> int:
        """Rows that are neither payable nor excluded."""
        rows = sum(each.count for outcome, each in self.outcomes.items() if outcome is not RowOutcome.EXCLUDED)
        return rows - self.payable.count


SETTLED = frozenset({Status.SUCCESS, Status.FAILED, Status.REFUNDED, Status.DISPUTED})
"""Statuses that do not hold up the end of a batch. DISPUTED waits for a person and not for the batch."""


def checked_summary(rows: Sequence[BatchRow]) -> ChunkSummary:
    """The summary of rows that were not sent."""
    outcomes: dict[RowOutcome, Totals] = {}
    for row in rows:
        outcomes[row.shown_outcome] = outcomes.get(row.shown_outcome, NO_ROWS) + row.counted
    pending = any(row.outcome is RowOutcome.PENDING for row in rows)
    payable = [row for row in rows if row.is_payable]
    phase = Phase.LOADED if pending else Phase.CHECKED
    first = rows[0].number if rows else 0
    return ChunkSummary(phase, first, outcomes, sum_of(payable), seal(payable), payments_of(payable))


def sum_of(rows: Iterable[BatchRow]) -> Totals:
    """Number, amounts and fees of rows."""
    return sum((row.totals for row in rows), NO_ROWS)


def _totals(intent: Intent, fee: Rupiah | None) -> Totals:
    return Totals(1, intent.amount, fee or Rupiah(0), int(fee is None))


def sent_summary(
    checked: ChunkSummary, rows: Sequence[BatchRow], transfers: Mapping[int, Transfer], not_paid: Iterable[int]
) -> ChunkSummary:
    """The summary of a chunk whose rows have these transfers, by row; `not_paid` are rows that will have none."""
    statuses: dict[Status, Totals] = {}
    for row in rows:
        if row.number in transfers:
            transfer = transfers[row.number]
            entry = _totals(transfer.intent, charged_fee(transfer))
            statuses[transfer.status] = statuses.get(transfer.status, NO_ROWS) + entry
    without = set(not_paid) - transfers.keys()
    unpaid = [row for row in rows if row.is_payable and row.number in without]
    done = sum(row.is_payable for row in rows) == len(unpaid) + len(transfers)
    return ChunkSummary(
        phase=Phase.PAID if done else Phase.CHECKED,
        first=checked.first,
        outcomes=checked.outcomes,
        payable=checked.payable,
        seal=checked.seal,
        payments=checked.payments,
        statuses=statuses,
        sent=sum_of(row for row in rows if row.number in transfers),
        not_paid=sum_of(unpaid),
        open=sum(each.status not in SETTLED for each in transfers.values()),
    )


def seal(rows: Iterable[BatchRow]) -> str:
    """A hash of what DOKU is sent for the payable rows, and of the banks' names and duplicates that were approved."""
    return _hash([_sealed(row.intent, row) for row in rows if row.is_payable and row.intent])


def payment(intent: Intent) -> bytes:
    """A hash of the bank, account and amount, in 16 bytes: what two transfers have in common that pay the same."""
    text = f"{intent.beneficiary_bank_code} {intent.beneficiary_account_number} {intent.amount.sen}"
    return hashlib.sha256(text.encode()).digest()[:16]


def payments_of(rows: Iterable[BatchRow]) -> str:
    """The sum of the rows' `payment`, modulo 2**128 and in hex: chunks can be added up to the batch."""
    total = sum(int.from_bytes(payment(row.intent)) for row in rows if row.intent)
    return f"{total % PAYMENT_HASHES:x}"


def _sealed(intent: Intent, row: BatchRow) -> list[object]:
    repays = [[each.reference, each.origin] for each in row.repays]
    return [row.number, _facts(intent), row.bank_name, row.possible_duplicate, *repays]


def digest(batch: Batch, seals: Iterable[str]) -> str:
    """Names what is approved: the rows, the schedule, the approvals that are needed, and the list that is repeated."""
    return _hash([batch.reference, list(seals), batch.scheduled_at, batch.approvals_required, batch.same_list_as])


def origin(reference: str, row: int) -> str:
    """What a transfer stores about the row that it pays."""
    return f"{reference}#{row}"


def row_reference(reference: str, row: int) -> str:
    """The partnerReferenceNo of a row that has none."""
    return f"{reference}-{row}"


def row_fingerprint(row: BatchRow) -> str:
    """The fingerprint of the transfer that pays a row."""
    return _hash([row.number, _facts(row.intent) if row.intent else None, row.bank_name])


def turned(rows: Sequence[BatchRow], millis: int) -> list[BatchRow]:
    """The rows from another one on in each minute, so that a few without an answer do not hold up the others.

    `millis` is the time since their batch began; in its first minute the rows are in their order.
    """
    start = int(millis // MINUTE * _GOLDEN % 1 * len(rows))
    return [*rows[start:], *rows[:start]]


def chunks_of(rows: int) -> int:
    """The number of chunks of so many rows."""
    return -(-rows // CHUNK_ROWS)


def sums(summaries: Iterable[ChunkSummary]) -> ChunkSummary:
    """All chunks of a batch in figures. Its phase is that of the chunk that is least far; it has no seal."""
    found = list(summaries)
    order = list(Phase)
    return ChunkSummary(
        phase=min((each.phase for each in found), key=order.index, default=Phase.LOADED),
        first=0,
        outcomes=_added(each.outcomes for each in found),
        payable=sum((each.payable for each in found), NO_ROWS),
        statuses=_added(each.statuses for each in found),
        sent=sum((each.sent for each in found), NO_ROWS),
        not_paid=sum((each.not_paid for each in found), NO_ROWS),
        open=sum(each.open for each in found),
        read_at=min((each.read_at for each in found if each.statuses), default=0),
    )


def _added(maps: Iterable[Mapping[Key, Totals]]) -> dict[Key, Totals]:
    result: dict[Key, Totals] = {}
    for each in maps:
        for name, totals in each.items():
            result[name] = result.get(name, NO_ROWS) + totals
    return result


def _facts(intent: Intent) -> dict[str, str | int]:
    """The fields that are sent. Those with their default are left out: a later version's new field changes no seal."""
    given = {each.name: getattr(intent, each.name) for each in fields(intent)}
    facts = {each.name: given[each.name] for each in fields(intent) if given[each.name] != each.default}
    return {**facts, "amount": intent.amount.sen}


def _hash(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"{_ALGORITHM}:{hashlib.sha256(text.encode()).hexdigest()}"
