"""AWS's public prices, from tools/prices.csv."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PRICES = Path(__file__).parent.parent / "prices.csv"
PRICED = "2026-11-21, us-east-1, without the free tier"
PRICED_IN_JAKARTA = ""
"""The date of the prices in the column usd_jakarta; empty while they are unknown."""


@dataclass(frozen=True)
class Prices:
    """Prices in US dollars by name."""

    rows: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, path: Path = PRICES) -> "Prices":
        """Read the data file."""
        with path.open(newline="") as file:
            return cls({row["name"]: row for row in csv.DictReader(file)})

    def of(self, name: str, quantity: float) -> float:
        """The price of a quantity of `name`."""
        row = self.rows[name]
        return quantity * float(row["usd"]) / float(row["per"])

    def in_jakarta(self, name: str, quantity: float) -> float | None:
        """The price of a quantity in ap-southeast-3; None if unknown."""
        row = self.rows[name]
        return quantity * float(row["usd_jakarta"]) / float(row["per"]) if row["usd_jakarta"] else None
