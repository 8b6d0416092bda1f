"""The summary of a day's report: counts and sums by status, and the transfers that need attention."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from payouts.domain.money import Rupiah
from payouts.domain.transfer import Status
from payouts.services.daily_report import Line

LISTED = 1000
"""Transfers that the summary lists at most; the CSV has a column for all. Bounds memory, and the stored progress."""


@dataclass
class ReportSummary:
    """Grows line by line. `counts` and `sums` (in sen) are by status."""

    counts: dict[str, int] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=dict)
    needing_attention: int = 0
    listed: list[list[str]] = field(default_factory=list)
    """Reference, status and reason of those that need attention, the first of them."""

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Self:
        """The summary that was stored as `as_dict`."""
        return cls(**stored)

    def as_dict(self) -> dict[str, Any]:
        """A copy to store."""
        return asdict(self)

    @property
    def transfers(self) -> int:
        """Number of transfers."""
        return sum(self.counts.values())

    def add(self, line: Line) -> None:
        """Count a line."""
        status = str(line.transfer.status)
        self.counts[status] = self.counts.get(status, 0) + 1
        self.sums[status] = self.sums.get(status, 0) + line.transfer.intent.amount.sen
        if line.attention:
            self.needing_attention += 1
            if len(self.listed) < LISTED:
                self.listed.append([line.transfer.partner_reference_no, status, line.attention])

    def text(self, day: str) -> str:
        """The summary for people."""
        rows = [_row(status, self.counts[status], self.sums[status]) for status in Status if status in self.counts]
        more = self.needing_attention - len(self.listed)
        return "\n".join(
            [
                f"Transfers of {day} (WIB)",
                "",
                f"{'status':<11}{'count':>9}{'rupiah':>22}",
                *rows,
                _row("all", self.transfers, sum(self.sums.values())),
                "",
                f"{self.needing_attention} need attention",
                *(f"  {reference}  {status}  {reason}" for reference, status, reason in self.listed),
                *([f"  and {more} more: see the column attention of the CSV file"] if more else []),
                "",
            ]
        )


def _row(name: str, count: int, sen: int) -> str:
    return f"{name:<11}{count:>9}{Rupiah(sen)!s:>22}"
