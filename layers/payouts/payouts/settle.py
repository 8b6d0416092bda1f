"""A person's word on a transfer that the machine can't bring to its end, kept in its history (DESIGN 2.5)."""

from payouts.errors import Mismatch
from payouts.schedule import needs_review, planned
from payouts.store.transfers import TransferStore
from payouts.transfer import FINAL, Finding, Observation, Source, Status, Transfer, merge


def settle(store: TransferStore, transfer: Transfer, verdict: Status, by: str, reason: str, now: int) -> Transfer:
    """The transfer with the verdict SUCCESS, FAILED or REFUNDED of `by`, at `now` in milliseconds.

    Only for a DISPUTED transfer or one in REVIEW. Raises Mismatch for any other, and ValueError for another verdict or
    an empty name or reason.
    """
    if verdict not in FINAL:
        raise ValueError(f"the verdict must be one of {', '.join(sorted(FINAL))}")
    now = max(now, transfer.updated_at + 1)  # the word comes after what it is about, whatever this machine's clock says
    if not by.strip() or not reason.strip():
        raise ValueError("a settlement needs a name and a reason")
    word = Observation(now, Finding(verdict.value), Source.OPERATOR, "SETTLED", f"{by.strip()}: {reason.strip()}")

    def settled(standing: Transfer) -> Transfer:
        if standing.status is not Status.DISPUTED and not needs_review(standing, now):
            raise Mismatch(
                f"{standing.reference} is {standing.status}: there is nothing to settle. A person decides only about a"
                " DISPUTED transfer or one in REVIEW"
            )
        return planned(merge(standing, word), now, jitter=0.0)

    return store.update(transfer, settled)
