"""The schemas of the responses about batches."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from payouts.domain.account_name import NameMatch
from payouts.domain.batch import Action, BatchStatus
from payouts.domain.batch_rows import RowOutcome
from payouts.domain.transfer import NextAction, Status
from tools.openapi.answers import Reason, Rupiah, known

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


class UploadForm(_Answer):
    """A form that uploads a file within 15 minutes: POST it as multipart/form-data, with the file last, as `file`."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


class FileOfBatch(_Answer):
    """The file that a batch is read from."""

    sha256: str
    expected_count: int | None
    expected_total: Rupiah | None
    reading: bool = Field(description="true from POST .../checks until its rows are stored, or it was refused")
    problem: str | None = Field(description="why it was not read; null if nothing is wrong")


class BatchSummary(_Answer):
    """A batch in a list."""

    batch_reference: str
    status: str = known(BatchStatus)
    rows: int | None = Field(description="null in a list, for a batch that a newer version of this software wrote")
    repays: str | None = Field(description="the batch whose failed rows it pays again")
    remark: str | None
    created_at: datetime
    created_by: str | None = Field(description="the person or program that created it; may be personal")


class Batch(BatchSummary):
    """A batch with counts and sums."""

    file: FileOfBatch | None = Field(description="null if the rows came with the request")
    final: bool
    scheduled_at: datetime | None
    funds_deadline: datetime | None
    submitted_at: datetime | None
    released_at: datetime | None = Field(description="first time at which rows could be sent")
    digest: str | None = Field(description="names the submitted content; an approval repeats it")
    same_list_as: str | None = Field(
        description="the earlier batch with the same accounts and amounts; the submission confirmed it"
    )
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


class CreatedBatch(Batch):
    """A batch, with a form to upload its file while it waits for one."""

    upload: UploadForm | None


class BatchList(_Answer):
    """Batches of a month (WIB), newest first."""

    month: Month | None = Field(description="null for those of all months that wait for approval")
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
    possible_duplicate: str | None = Field(
        description="partnerReferenceNo of another row or transfer with this account and amount"
    )
    duplicate_confirmed: bool
    amount: Rupiah | None
    fee: Rupiah | None
    repays: str | None = Field(description="the partnerReferenceNo of the failed row that it pays again")
    problems: list[RowProblem]
    status: Status | Literal["NOT_PAID"] | None = Field(description="of its transfer; null while it was not sent")
    final: bool | None = Field(description="of its transfer")
    next_action: NextAction | None = Field(description="of its transfer")
    reason: Reason | None
    repaid_by: str | None = Field(description="the batch that pays the row again; its own row says whether it did")


class BatchRows(_Answer):
    """A page of rows."""

    rows: list[BatchRow]
    cursor: str | None = Field(description="for the next page; null after the last")


class BatchResult(_Answer):
    """A link to the result of a batch."""

    url: str = Field(description="of the CSV file; no authorization is needed")
    expires_at: datetime = Field(description="of the link, a minute from now; ask again for another one")
    written_at: datetime = Field(description="time as of which the file says what became of the rows")
    final: bool = Field(description="true if nothing in the file is expected to change")


class BatchCounts(_Answer):
    """Numbers of rows, as they are at the delivery."""

    rows: int
    payable: int
    not_paid: int
    statuses: dict[Status, int] = Field(description="the transfers of the rows, as they were read last")


class ReportedBatch(_Answer):
    """The status of a batch."""

    batch_reference: str
    status: BatchStatus
    final: bool
    counts: BatchCounts
    status_version: int = Field(ge=1, description="grows with each change; ignore a webhook with a lower one")


class BatchUpdated(_Answer):
    """A webhook about a change of a batch's status."""

    type: Literal["batch.updated"]
    timestamp: datetime = Field(description="time of the batch's latest event")
    data: ReportedBatch


ALL: tuple[type[BaseModel], ...] = (Batch, CreatedBatch, BatchList, BatchRows, BatchResult, BatchUpdated)
