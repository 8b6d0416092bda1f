"""Names of account holders: compared with what the merchant expects, and as they may be sent to DOKU."""

import re
import unicodedata

_NOT_SIGNIFICANT = re.compile(r"[\W_]+")
_LONGEST = 100


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for case, spacing and punctuation. An empty name equals nothing."""
    folded = _fold(one)
    return folded != "" and folded == _fold(other)


def ascii_name(text: str) -> str:
    """A name in printable ASCII, at most 100 characters long; empty where no character of it can be written so.

    Accents are dropped (NFKD), runs of blanks become one, other characters are left out. DOKU signs what it parsed, and
    a character with two spellings in JSON would fail the signature.
    """
    decomposed = unicodedata.normalize("NFKD", text)
    kept = (" " if one.isspace() else one if " " < one <= "~" else "" for one in decomposed)
    return " ".join("".join(kept).split())[:_LONGEST].rstrip()


def _fold(name: str) -> str:
    return _NOT_SIGNIFICANT.sub("", name).casefold()
