"""Histories of a transfer, recorded one version at a time as the store does."""

from dataclasses import replace

from payouts.domain.money import Rupiah
from payouts.domain.transfer import Finding, Intent, Observation, Source, Status, Transfer, record, with_status_version

START = 1_726_558_912_345
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
INTENT = Intent("PAY-1", "628115678890", "8377388292", "014", Rupiah(20_000_000), "I0438729855304540")
CREATED = Transfer(
    INTENT,
    "f",
    created_at=START,
    external_ids=("1",),
    history=(Observation(START, Finding.SUBMITTING, Source.SUBMIT, external_id="1", seq=1),),
    version=1,
)
"""A created transfer before DOKU has answered."""


def check(finding: Finding, at: int = 0, code: str = "", reference_no: str = "") -> Observation:
    """A status check's observation, `at` milliseconds after the creation."""
    return Observation(START + at, finding, Source.STATUS_CHECK, code, reference_no=reference_no)


def answer(finding: Finding, code: str = "", external_id: str = "1", reference_no: str = "") -> Observation:
    """The observation of the answer to the transfer request."""
    return Observation(START, finding, Source.SUBMIT, code, reference_no=reference_no, external_id=external_id)


def notified(status: str, at: int = 0) -> Observation:
    """A notification that claims `status` (50, 35, 20, 40)."""
    return Observation(START + at, Finding.NOTIFIED, Source.NOTIFICATION, status, "unpaid notification")


def decision(status: Status) -> Observation:
    """An operator's decision."""
    return Observation(START, Finding(status.value), Source.OPERATOR, "SETTLED", "ani: seen at the bank")


def stored(transfer: Transfer, *seen: Observation) -> Transfer:
    """`transfer` after one write that records `seen` unchanged."""
    recorded = with_status_version(transfer, record(transfer, *seen))
    return replace(recorded, version=transfer.version + 1)


def after(transfer: Transfer, *seen: Observation) -> Transfer:
    """`transfer` after each of `seen` was asked for and recorded in turn, in one write each."""
    for one in seen:
        transfer = stored(transfer, replace(one, asked=transfer.version))
    return transfer
