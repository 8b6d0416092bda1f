"""The law of the balance proof: only money that left unexplained is a fall, whatever is learned, and whenever."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from boto3.session import Session
from hypothesis import given, settings
from hypothesis import strategies as st

from local.aws.template import load
from local.in_memory.aws import MemoryAws
from local.in_memory.table import MemoryTable
from payouts.domain.balance_proof import TOLERANCE, UNSTATED_FEE, BalanceProof
from payouts.domain.days import day_of
from payouts.domain.money import Rupiah
from payouts.domain.transfer import ENDED, Finding, Intent, Observation, Source, Transfer, record
from payouts.services.balance_ledger import BalanceLedger, Sources
from payouts.store.balance_readings import BalanceReadings
from payouts.store.due_index import DueIndex
from payouts.store.returned_transfers import ReturnedTransfers
from payouts.store.table import Table
from payouts.store.transfers import TransferStore
from tests.support.harness import ROOT

START = 1_726_509_600_000  # 01:00 in WIB
MINUTE, HOUR = 60_000, 3_600_000
_TEMPLATE = load(ROOT / "template.yaml", {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"})


@dataclass
class Books:
    """DOKU's balance and ours, played in the order of time."""

    chance: random.Random
    table: Table
    steps: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    moves: list[tuple[int, int]] = field(default_factory=list)
    """Time and amount (sen) of each change of DOKU's balance."""
    proofs: list[BalanceProof] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.returned = ReturnedTransfers(self.table)
        self.store = TransferStore(self.table, status_changed=self.returned.note)
        sources = Sources(self.store, self.returned, DueIndex(self.table))
        self.ledger = BalanceLedger(BalanceReadings(self.table), sources)

    def play(self) -> BalanceProof:
        """Carry everything out; the last proof."""
        for _, step in sorted(self.steps, key=lambda each: each[0]):
            step()
        return self.proofs[-1]

    @property
    def fall(self) -> int:
        """The sum of what the last proof of each day says."""
        last = {day_of(proof.closing.asked): proof.decrease for proof in self.proofs}
        return sum(last.values())

    def read(self, at: int, quiet: bool = False) -> None:
        """Read the balance, which may lag by less than the tolerance, or include what happens while DOKU answers."""
        answered = at + self.chance.randint(0, 2_000)
        seen = at if quiet else self.chance.randint(at - TOLERANCE + 1, answered)

        def step() -> None:
            available = 10**12 + sum(amount for moved_at, amount in self.moves if moved_at <= seen)
            proof = self.ledger.add(Rupiah(available), at, answered)
            if proof is not None:
                self.proofs.append(proof)

        self.steps.append((answered, step))

    def transfer(self, number: int, created: int) -> None:
        """A transfer that is taken and returned, or not. What DOKU says about it is learned sooner or later."""
        chance, reference = self.chance, f"PAY-{number}"
        amount, charged = chance.randint(10_000_00, 900_000_00), chance.randint(0, UNSTATED_FEE)
        fee = None if chance.random() < 0.2 else Rupiah(charged)
        intent = Intent(reference, "628", "1", "014", Rupiah(amount), "S")
        transfer = Transfer(intent, "1:x", created, (reference,), next_check_at=created + MINUTE, fee=fee)
        self.steps.append((created, lambda: self._create(transfer)))
        if chance.random() < 0.2:
            return self._learn(reference, created + chance.randint(1, 2 * HOUR), Finding.REFUSED, Source.SUBMIT)
        taken = created + chance.randint(1, chance.choice([15_000, 2 * HOUR]))
        self.moves.append((taken, -amount - charged))
        learned = taken
        if chance.random() < 0.6:
            learned = taken + chance.randint(0, 2_000)
            self._learn(reference, learned, Finding.ACCEPTED, Source.SUBMIT)
        if chance.random() < 0.4:
            returned = learned + chance.randint(1, 2 * HOUR)
            fee_comes_back = charged if chance.random() < 0.3 else 0
            self.moves.append((returned, amount + fee_comes_back))
            if chance.random() < 0.5:
                self._learn(reference, chance.randint(learned, returned), Finding.SUCCESS)
                finding = Finding.REFUNDED
            else:
                finding = Finding.FAILED
            return self._learn(reference, returned + chance.randint(0, 2 * HOUR), finding)
        return self._learn(reference, learned + chance.randint(1, 2 * HOUR), Finding.SUCCESS)

    def _create(self, transfer: Transfer) -> None:
        submitting = Observation(transfer.created_at, Finding.SUBMITTING, Source.SUBMIT)
        assert self.store.create(record(transfer, submitting)) is None

    def _learn(self, reference: str, at: int, finding: Finding, source: Source = Source.STATUS_CHECK) -> None:
        def change(standing: Transfer) -> Transfer:
            external_id = reference if source is Source.SUBMIT else ""
            seen = Observation(at, finding, source, external_id=external_id, asked=standing.version)
            changed = record(standing, seen)
            return replace(changed, next_check_at=None if changed.status in ENDED else at + MINUTE)

        def step() -> None:
            standing = self.store.get(reference)
            assert standing is not None
            self.store.update(standing, change)

        self.steps.append((at, step))


def played(seed: int, earliest: int = -HOUR, start: int = START) -> Books:
    """Some transfers, the first of them `earliest` milliseconds after the first reading, and readings in between."""
    chance, session = random.Random(seed), Session()
    (definition,) = _TEMPLATE.of_type("AWS::DynamoDB::Table").values()
    MemoryAws(MemoryTable.read(definition), "{}", lambda seconds: None).install(session)
    books = Books(chance, Table(session.client("dynamodb", region_name="ap-southeast-3"), "transfers"))
    for number in range(chance.randint(1, 6)):
        books.transfer(number, start + chance.randint(earliest, 4 * HOUR))
    at = start
    while at < start + 12 * HOUR:
        books.read(at)
        at += chance.randint(MINUTE, 40 * MINUTE)
    books.read(start + 14 * HOUR, quiet=True)
    return books


@pytest.mark.sweep
@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=60, deadline=None)
def test_our_transfers_alone_are_never_a_fall(seed: int, topped_up: bool) -> None:
    books = played(seed)
    if topped_up:
        books.moves.append((START + books.chance.randint(0, 12 * HOUR), 5_000_000_00))
    books.play()
    assert [proof.decrease for proof in books.proofs if proof.decrease] == []


@pytest.mark.sweep
@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_money_that_leaves_is_a_fall_once_all_is_known(seed: int) -> None:
    """Fees that came back, and those that DOKU did not state, may hide as much; nothing else hides anything.

    The amount of a transfer that may have been returned before the first reading could hide as much as well.
    """
    books, lost = played(seed, earliest=MINUTE), 3_000_000_00
    books.moves.append((START + books.chance.randint(HOUR, 12 * HOUR), -lost))
    last = books.play()
    assert last.closing.in_doubt == 0
    assert lost - 6 * 2 * UNSTATED_FEE <= last.decrease <= lost


@pytest.mark.sweep
@given(st.integers(0, 2**32), st.integers(1, 23))
@settings(max_examples=30, deadline=None)
def test_midnight_hides_no_fall(seed: int, hours: int) -> None:
    """Days find together what one day finds, wherever midnight is, and no more than was lost."""
    found = []
    for start in (START, START + hours * HOUR):
        books = played(seed, MINUTE, start)
        books.moves.append((start + books.chance.randint(HOUR, 12 * HOUR), -3_000_000_00))
        books.play()
        found.append(books.fall)
    assert found[0] <= found[1] <= 3_000_000_00
