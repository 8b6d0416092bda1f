"""Builds the real use cases of batches with the model's outside. Tests replace a part with a faulty one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from unittest.mock import patch

from batch_worker.app import _dispatch
from batch_worker.services import Services
from payouts.domain import batch_rows
from payouts.domain.caller import Caller
from payouts.services import row_threads
from payouts.services.account_inquiry import DokuQueries
from payouts.services.batch_funds import Funds
from payouts.services.batch_lease import ChunkLeases
from payouts.services.batch_queue import BatchQueue, ChunkTask
from payouts.services.change_batch import BatchChanger
from payouts.services.change_batch_rows import RowChange
from payouts.services.check_chunk import ChunkChecker
from payouts.services.check_schedule import CheckSchedule
from payouts.services.create_transfer import TransferCreator
from payouts.services.drive_batches import BatchDriver
from payouts.services.pay_chunk import ChunkPayer
from payouts.services.prepare_transfer import TransferPreparer
from payouts.services.send_transfer import TransferSender
from payouts.services.settle_chunk import ChunkAccounts, ChunkSettler
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.funds import FundsStore
from payouts.store.idempotency_keys import IdempotencyKeys
from payouts.store.inquiry_sessions import InquirySessions
from payouts.store.submitted_lists import SubmittedLists
from payouts.store.transfers import TransferStore
from tests.verification.batch_model.outside import BatchTable, QueuedTasks
from tests.verification.model.outside import SETTINGS, ModelCredentials, ModelDoku, ModelTokens, ModelTransport, Outside
from tests.verification.model.parts import ABSENCE_AFTER, AMOUNTS, LIMITS, SWITCH, InThisThread, order

REFERENCE = "B"
MAKER, CHECKER = "dewi", "budi"
PaidRow = tuple[str, str, int, str]
"""Reference, account, amount in sen, and the bank's name of the account."""
Content = tuple[PaidRow, ...]
WORK_SECONDS = 300.0
"""A worker is stopped after this."""
_WINDOW = 4


@dataclass(frozen=True)
class BatchParts:
    """The classes of an invocation; the real ones by default."""

    chunks: type[ChunkStore] = ChunkStore
    transfers: type[TransferStore] = TransferStore
    accounts: type[ChunkAccounts] = ChunkAccounts
    leases: type[ChunkLeases] = ChunkLeases
    funds: type[Funds] = Funds
    funds_store: type[FundsStore] = FundsStore
    payer: type[ChunkPayer] = ChunkPayer
    settler: type[ChunkSettler] = ChunkSettler
    driver: type[BatchDriver] = BatchDriver


@dataclass(frozen=True)
class Work:
    """One run of a use case: `work` of the worker on a chunk, `drive`, `single` for a transfer, or a person's act."""

    actor: str
    what: str
    chunk: int = 0
    caller: str = ""
    digest: str = ""
    content: Content = ()
    """The rows that the person has seen, for an approval."""
    chunk_rows: int = 1
    required: int = 1
    """Approvals that the deployment requires."""
    clock_ahead: int = 0

    def run(self, outside: Outside, parts: BatchParts) -> Any:
        """Run the real code. Raises Suspended at a call without an answer."""
        with (
            patch.object(batch_rows, "CHUNK_ROWS", self.chunk_rows),
            patch.object(row_threads, "ThreadPoolExecutor", InThisThread),
        ):
            return _Built(outside, parts, self.required).run(self)


class _Built:
    """The use cases of one invocation."""

    def __init__(self, outside: Outside, parts: BatchParts, required: int) -> None:
        table, clock, self._outside = BatchTable(outside), outside.clock, outside
        self.batches, self.chunks = BatchStore(table), parts.chunks(table)
        transfers, sessions = parts.transfers(table, 1), InquirySessions(table)
        doku = parts_of_doku(outside)
        queries, schedule = DokuQueries(doku, sessions, clock), CheckSchedule(clock, lambda: 0.0, ABSENCE_AFTER)
        funds = parts.funds(parts.funds_store(table), queries, clock)
        self.queue = QueuedTasks()
        queue = BatchQueue(lambda: cast("Any", self.queue), "queue")
        self.driver = parts.driver(self.batches, self.chunks, queue, funds, LIMITS, required, _WINDOW, clock)
        self.creator = TransferCreator(
            transfers,
            IdempotencyKeys(table),
            TransferPreparer(sessions, queries, doku, clock),
            doku,
            SWITCH,
            AMOUNTS,
            LIMITS,
            TransferSender(transfers, doku, schedule),
        )
        accounts, leases = parts.accounts(self.chunks, transfers, clock), parts.leases(self.chunks, clock)
        self.payer = parts.payer(self.batches, self.chunks, accounts, leases, funds, self.creator, required, clock)
        self.settler = parts.settler(self.batches, self.chunks, accounts, leases)
        self.checker = ChunkChecker(
            self.batches, self.chunks, transfers, leases, queries, doku, AMOUNTS, lambda seconds: True, clock
        )
        self.changer = BatchChanger(self.batches, self.chunks, LIMITS, SubmittedLists(table), required, clock)

    def run(self, work: Work) -> Any:
        """Do the work. Returns the use case's result; of a tick, the chunks that it enqueued."""
        if work.what == "work":
            return self._work(work.chunk)
        if work.what == "drive":
            batch = self.batches.get(REFERENCE)
            assert batch is not None
            self.driver.drive(batch, lambda: 60.0)
            return tuple(self.queue.chunks)
        if work.what == "single":
            return self.creator.create(order(f"{REFERENCE}-1"), lambda: 29.0)
        return self._decide(work, Caller(work.caller, work.caller))

    def _work(self, chunk: int) -> Any:
        """What the worker does with a message, but for the drive afterwards, which may come at any time anyway."""
        batch = self.batches.get(REFERENCE)
        unused: Any = None
        services = Services(
            store=self.batches,
            loader=unused,
            checker=self.checker,
            payer=self.payer,
            settler=self.settler,
            repayer=unused,
            results=unused,
            driver=self.driver,
            rate=unused,
        )
        return batch and _dispatch(services, ChunkTask(REFERENCE, chunk), batch, lambda: WORK_SECONDS)

    def _decide(self, work: Work, caller: Caller) -> Any:
        decisions: dict[str, Callable[[], Any]] = {
            "approve": lambda: self.changer.approve(REFERENCE, caller, work.digest, ""),
            "exclude": lambda: self.changer.change_rows(REFERENCE, (2,), RowChange.EXCLUDE, caller),
            "submit": lambda: self.changer.submit(REFERENCE, caller),
            "withdraw": lambda: self.changer.withdraw(REFERENCE, caller),
            "pause": lambda: self.changer.pause(REFERENCE, caller),
            "resume": lambda: self.changer.resume(REFERENCE, caller),
            "cancel": lambda: self.changer.cancel(REFERENCE, caller),
        }
        return decisions[work.what]()


def parts_of_doku(outside: Outside) -> ModelDoku:
    """DOKU's client on this outside."""
    doku = ModelDoku(SETTINGS, ModelCredentials(), ModelTokens(), ModelTransport(outside), outside.clock)
    doku.outside = outside
    return doku
