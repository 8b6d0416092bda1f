"""Comparing the name that a merchant expects with the name that the bank has for the account."""

import re
import unicodedata

_NOT_SIGNIFICANT = re.compile(r"[\W_]+")


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for case, spacing and punctuation. An empty name equals nothing."""
    folded = _fold(one)
    return folded != "" and folded == _fold(other)


def _fold(name: str) -> str:
    return _NOT_SIGNIFICANT.sub("", name).casefold()


def ascii_name(text: str) -> str:
    """`text` in printable ASCII: no accents, single blanks, at most 100 characters; empty if nothing remains."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in folded).split())[:100].strip()
