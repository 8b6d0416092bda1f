"""Exact rupiah: inside the simulator an amount is an integer number of sen (hundredths); on the wire "200000.00"."""

import re

_WIRE = re.compile(r"(0|[1-9][0-9]{0,15})\.([0-9]{2})", re.ASCII)


def parse_amount(text: str) -> int:
    """Sen from "200000.00" (exactly two decimals, at most 16 digits before them). ValueError for anything else."""
    found = _WIRE.fullmatch(text)
    if found is None:
        raise ValueError(f"not an amount with two decimals: {text!r}")
    return int(found[1]) * 100 + int(found[2])


def wire(sen: int) -> str:
    """The amount as DOKU writes it: "200000.00"."""
    sign, whole = ("-", -sen) if sen < 0 else ("", sen)
    return f"{sign}{whole // 100}.{whole % 100:02d}"


def rupiah(sen: int) -> dict[str, str]:
    """The amount as DOKU's object: {"value": "200000.00", "currency": "IDR"}."""
    return {"value": wire(sen), "currency": "IDR"}
