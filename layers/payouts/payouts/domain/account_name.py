"""Names of account holders: comparison with the expected name, and conversion to ASCII."""

import re
import unicodedata
from enum import StrEnum
from itertools import accumulate

_NOT_SIGNIFICANT = re.compile(r"[\W_]+")
_LONGEST = 100
_WIDTHS = frozenset({20, 30})
"""Lengths at which banks cut names, in characters."""
_HIDDEN = "*"
"""Banks and e-wallets print it in place of letters that they do not disclose."""

_TITLES = {"PT": "PT", "CV": "CV", "BPK": "Mr", "BAPAK": "Mr", "SDR": "Mr", "IBU": "Ms", "SDRI": "Ms"}
"""Titles by their spelling without dots. Different kinds of a title name different companies or persons."""
_BEFORE = re.compile(r"[\W_]*((?a:P\.?T|C\.?V|BPK|BAPAK|IBU|SDRI|SDR))[\W_]+(?=[^\W_])", re.IGNORECASE)
_AFTER = re.compile(r"(?<=[^\W_])[\W_]*[\s,]((?a:P\.?T|C\.?V))[\W_]*$", re.IGNORECASE)


class NameMatch(StrEnum):
    """How the bank's name for an account compares with the expected name. Only EXACT may pass without a person."""

    EXACT = "EXACT"
    """The same letters and digits in the same order; case, spacing, punctuation and accents may differ."""
    TRUNCATED = "TRUNCATED"
    """The bank's name is the expected one cut at 20 or 30 characters. What follows the cut is not confirmed."""
    TITLE_ONLY = "TITLE_ONLY"
    """The same but for PT, CV, BPK, IBU or SDR, which one name lacks or has in another place or synonym."""
    DIFFERENT = "DIFFERENT"
    """Another name: likely another person or company."""
    COULD_NOT_CHECK = "COULD_NOT_CHECK"
    """There is nothing to compare: a name is missing, has no letters, or the bank hides letters with asterisks."""


def compare_names(expected: str | None, at_bank: str | None) -> NameMatch:
    """Compare the expected account holder with the bank's. In doubt between two results, return the stricter one."""
    if not expected or not at_bank or _HIDDEN in at_bank:
        return NameMatch.COULD_NOT_CHECK
    wanted, found = _fold(expected), _fold(at_bank)
    if not wanted or not found:
        return NameMatch.COULD_NOT_CHECK
    if wanted == found:
        return NameMatch.EXACT
    return _compare_without_titles(expected, at_bank)


def ascii_name(text: str) -> str:
    """A name in printable ASCII, at most 100 characters long; empty if no character remains.

    Accents are dropped (NFKD), runs of blanks become one, other characters are left out. DOKU signs what it parsed, so
    a character with two spellings in JSON could fail the signature.
    """
    decomposed = unicodedata.normalize("NFKD", text)
    kept = (" " if one.isspace() else one if "!" <= one <= "~" else "" for one in decomposed)
    return " ".join("".join(kept).split())[:_LONGEST].rstrip()


def _compare_without_titles(expected: str, at_bank: str) -> NameMatch:
    (wanted_title, wanted), (found_title, found) = _split_title(expected), _split_title(at_bank)
    if wanted_title and found_title and wanted_title != found_title:
        return NameMatch.DIFFERENT
    if _fold(wanted) == _fold(found):
        return NameMatch.TITLE_ONLY
    length = len(" ".join(at_bank.split()))
    if _is_cut(wanted, found, length) or _is_cut(expected, at_bank, length):
        return NameMatch.TRUNCATED
    return NameMatch.DIFFERENT


def _split_title(name: str) -> tuple[str, str]:
    """The kind of a name's title, empty if it has none, and the rest of the name."""
    if match := _BEFORE.match(name):
        return _kind(match[1]), name[match.end() :]
    if match := _AFTER.search(name):
        return _kind(match[1]), name[: match.start()]
    return "", name


def _kind(title: str) -> str:
    return _TITLES[title.replace(".", "").upper()]


def _is_cut(whole: str, beginning: str, length: int) -> bool:
    """True if `beginning` starts `whole` and `length`, that of the bank's name, is a width at which banks cut.

    A cut after a blank leaves one character less, and then at the end of a word.
    """
    wanted, found = _fold(whole), _fold(beginning)
    if length in _WIDTHS:
        return wanted.startswith(found) and 2 * len(found) >= length  # not a name of mostly punctuation
    return length + 1 in _WIDTHS and found in accumulate(map(_fold, whole.split()))


def _fold(name: str) -> str:
    """The letters and digits of a name, without accents and case."""
    return _NOT_SIGNIFICANT.sub("", unicodedata.normalize("NFD", name)).casefold()
