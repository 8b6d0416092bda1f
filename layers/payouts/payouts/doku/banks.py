"""Known bank and e-wallet codes, for people to look up. DOKU publishes no list, so no request is refused by them."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_MOST_USED = (
    *("014", "002", "008", "009", "451", "022", "013", "542", "535", "200", "011", "213", "028", "501", "490"),
    *("GOPAY", "OVO", "DANA", "SHOPEEPAY", "911"),
)
"""Codes in the order in which people look for them: large banks, digital banks, then e-wallets."""


@dataclass(frozen=True, slots=True)
class Bank:
    """One beneficiary institution. `kind` is bank, bank_uus (sharia unit), e-wallet, wallet or marketplace_va."""

    code: str
    name: str
    short_name: str
    swift: str
    kind: str
    note: str


@cache
def all_banks() -> tuple[Bank, ...]:
    """Every known bank and e-wallet, by code. Sharia units share the code of their bank."""
    with (Path(__file__).parent / "data" / "banks.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Bank(**row) for row in csv.DictReader(file))


def search(query: str) -> list[Bank]:
    """Banks whose code, name or SWIFT code contains every word of `query`, in any case; all for an empty query.

    The most used ones come first, the rest by code. Names include brands and former names.
    """
    words = query.casefold().split()
    return sorted((bank for bank in all_banks() if all(word in _text(bank) for word in words)), key=_rank)


def _rank(bank: Bank) -> int:
    return _MOST_USED.index(bank.code) if bank.code in _MOST_USED else len(_MOST_USED)


def _text(bank: Bank) -> str:
    return f"{bank.code} {bank.name} {bank.short_name} {bank.swift}".casefold()
