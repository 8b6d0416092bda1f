"""The schemas of the responses about batches."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from payouts.domain.account_name import NameMatch
from payouts.domain.batch import Action, BatchStatus
from payouts.domain.batch_rows import RowOutcome
from payouts.domain.transfer import Status
from tools.openapi.answers import Reason, Rupiah

Month = Annotated[str, Field(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2024-09"])]


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class Totals(_Answer):
    """Number, amounts and fees of rows."""

    count: int
    amount: Rupiah
    fees: Rupiah
    fees_unknown: int = Field(description="rows whose fee DOKU has not stated; `fees` is without it")


class BatchApproval(_Answer):
    """An approval of the submitted content."""

    by: str
    at: datetime


class BatchEvent(_Answer):
    """An entry of a batch's history."""

    at: datetime
    by: str = Field(description="the person or program; `system` for the software itself")
    action: Action
    note: str


class Progress(_Answer):
    """Rows that are done of the present step."""

    done: int
    of: int
    eta: datetime | None = Field(description="when the step may be finished at the present speed; null if unknown")


class BatchSummary(_Answer):
    """A batch in a list."""

    batch_reference: str
    status: BatchStatus
    rows: int
    remark: str | None
    created_at: datetime
    created_by: str | None = Field(description="the person or program that created it; may be personal")


class Batch(BatchSummary):
    """A batch with counts and sums."""

    final: bool
    scheduled_at: datetime | None
    funds_deadline: datetime | None
    submitted_at: datetime | None
    released_at: datetime | None = Field(description="first time at which rows could be sent")
    digest: str | None = Field(description="names the submitted content; an approval repeats it")
    approvals_required: int
    approvals: list[BatchApproval]
    outcomes: dict[RowOutcome, Totals]
    payable: Totals = Field(description="rows that are OK, or whose name was confirmed, and that are not excluded")
    funds_needed: Rupiah = Field(description="amounts and stated fees of the rows that are still to be sent")
    statuses: dict[Status, Totals] = Field(description="the transfers of the rows, as they were read last")
    not_paid: Totals = Field(description="rows that have no transfer and will have none")
    figures_at: datetime | None = Field(
        description="`statuses` were read then or later, also where the batch is final; null before the first send"
    )
    progress: Progress
    history: list[BatchEvent]


class BatchList(_Answer):
    """Batches of a month (WIB), newest first."""

    month: Month
    batches: list[BatchSummary]
    cursor: str | None = Field(description="for the next page; null after the last")


class RowProblem(_Answer):
    """Why a row cannot be paid."""

    column: str = Field(description="empty for the row as a whole")
    reason: str


class BatchRow(_Answer):
    """A row with what became of it."""

    row: int
    outcome: RowOutcome
    payable: bool
    partner_reference_no: str | None
    beneficiary_account_number: str | None
    beneficiary_bank_code: str | None
    beneficiary_account_name: str | None = Field(description="as given")
    bank_account_name: str | None = Field(description="the bank's name for the account")
    name_match: NameMatch | None
    name_confirmed: bool
    amount: Rupiah | None
    fee: Rupiah | None
    problems: list[RowProblem]
    status: Status | Literal["NOT_PAID"] | None = Field(description="of its transfer; null while it was not sent")
    reason: Reason | None


class BatchRows(_Answer):
    """A page of rows."""

    rows: list[BatchRow]
    cursor: str | None = Field(description="for the next page; null after the last")


ALL: tuple[type[BaseModel], ...] = (Batch, BatchList, BatchRows)
