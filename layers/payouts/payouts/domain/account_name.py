"""Names of account holders: comparison with the expected name, and conversion to ASCII."""

import re
import unicodedata

_NOT_SIGNIFICANT = re.compile(r"[\W_]+")
_LONGEST = 100


def same_name(one: str, other: str) -> bool:
    """True if two names differ only in case, spacing and punctuation. An empty name equals no name."""
    folded = _fold(one)
    return folded != "" and folded == _fold(other)


def ascii_name(text: str) -> str:
    """A name in printable ASCII, at most 100 characters long; empty if no character remains.

    Accents are dropped (NFKD), runs of blanks become one, other characters are left out. DOKU signs what it parsed, so
    a character with two spellings in JSON could fail the signature.
    """
    decomposed = unicodedata.normalize("NFKD", text)
    kept = (" " if one.isspace() else one if " " < one <= "~" else "" for one in decomposed)
    return " ".join("".join(kept).split())[:_LONGEST].rstrip()


def _fold(name: str) -> str:
    return _NOT_SIGNIFICANT.sub("", name).casefold()
