"""Exact amounts in rupiah."""

import re
from dataclasses import dataclass
from typing import Self

WIRE = re.compile(r"(0|[1-9][0-9]{0,15})\.([0-9]{2})", re.ASCII)
"""An amount as DOKU writes it."""


@dataclass(frozen=True, order=True, slots=True)
class Rupiah:
    """An amount in sen, a hundredth of a rupiah. DOKU's wire form is `200000.00`."""

    sen: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the wire form, exactly two decimals and no sign. Raises ValueError for anything else."""
        match = WIRE.fullmatch(text)
        if match is None:
            raise ValueError('must be a string with two decimals, such as "200000.00"')
        return cls(int(match[1]) * 100 + int(match[2]))

    def __str__(self) -> str:
        return f"{self.sen // 100}.{self.sen % 100:02d}"

    def wire(self) -> dict[str, str]:
        """As DOKU writes an amount: value and currency."""
        return {"value": str(self), "currency": "IDR"}


def signed(sen: int) -> str:
    """A difference of amounts in sen as text, such as `-200000.00`."""
    return f"{'-' if sen < 0 else ''}{Rupiah(abs(sen))}"
