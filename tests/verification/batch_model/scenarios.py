"""The explorations of batches with their bounds."""

from payouts.domain.batch import BatchStatus
from tests.verification.batch_model.outside import AMOUNT
from tests.verification.batch_model.parts import CHECKER, MAKER
from tests.verification.batch_model.scenario import BatchScenario, Budget

SCENARIOS = (
    BatchScenario(
        "two workers on one chunk of two rows, and a crash",
        Budget(deliveries=2, faults=1, advances=1),
        chunk_rows=2,
    ),
    BatchScenario("two chunks and two workers", Budget(deliveries=2), workers=(0, 1)),
    BatchScenario(
        "a batch is cancelled and driven while it is paid",
        Budget(deliveries=1, ticks=1, decisions=1),
        rows=1,
        workers=(0,),
        drivers=1,
        decisions=(("cancel", MAKER),),
    ),
    BatchScenario(
        "a chunk is paid, cancelled and settled",
        Budget(deliveries=2, decisions=1, advances=1),
        rows=1,
        decisions=(("cancel", MAKER),),
    ),
    BatchScenario(
        "a batch is paused and resumed while it is paid",
        Budget(deliveries=2, decisions=2),
        chunk_rows=2,
        decisions=(("pause", MAKER), ("resume", MAKER)),
    ),
    BatchScenario(
        "funds for one of two chunks",
        Budget(deliveries=2),
        workers=(0, 1),
        deposit=AMOUNT + 1,
    ),
    BatchScenario(
        "a batch is approved, withdrawn, changed and submitted by two",
        Budget(decisions=4),
        status=BatchStatus.PENDING_APPROVAL,
        workers=(),
        people=2,
        chunk_rows=2,
        decisions=(
            *(("approve", CHECKER), ("approve", MAKER), ("withdraw", MAKER), ("withdraw", CHECKER)),
            *(("exclude", MAKER), ("submit", MAKER)),
        ),
    ),
    BatchScenario(
        "an approval, and stored rows that change",
        Budget(deliveries=1, ticks=1, decisions=1, changes=1),
        status=BatchStatus.PENDING_APPROVAL,
        rows=1,
        workers=(0,),
        drivers=1,
        decisions=(("approve", CHECKER),),
        renames=True,
    ),
    BatchScenario(
        "approval became required after the submission",
        Budget(deliveries=1, ticks=2),
        status=BatchStatus.SCHEDULED,
        rows=1,
        workers=(0,),
        drivers=2,
        approved=False,
    ),
    BatchScenario(
        "a bank that renames an account",
        Budget(deliveries=2, faults=1),
        rows=1,
        renames=True,
    ),
    BatchScenario(
        "a single transfer under a row's reference",
        Budget(deliveries=2, faults=1),
        rows=1,
        workers=(0,),
        single=True,
    ),
    BatchScenario(
        "a chunk is checked by two workers, and a fault",
        Budget(deliveries=2, ticks=1, faults=1, advances=1),
        status=BatchStatus.CHECKING,
        rows=1,
        drivers=1,
    ),
)
