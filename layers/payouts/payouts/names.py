"""Comparing the name that a merchant expects with the name that the bank has for the account."""

import re

_NOT_SIGNIFICANT = re.compile(r"[\W_]+")


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for case, spacing and punctuation. An empty name equals nothing."""
    folded = _fold(one)
    return folded != "" and folded == _fold(other)


def _fold(name: str) -> str:
    return _NOT_SIGNIFICANT.sub("", name).casefold()
