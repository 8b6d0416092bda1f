"""Fails any test whose log holds a secret, a token, a signature or personal data (I17).

Only lines of JSON are checked, as loggers and metrics write them. A test that reads its output with `capsys` must
check it itself.
"""

import json
import re
import sys
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

PERSONAL_FIELDS = frozenset(
    {
        *("customerNumber", "beneficiaryAccountNumber", "beneficiaryAccountName", "beneficiaryPhoneNumber"),
        *("beneficiaryFirstName", "beneficiaryLastName", "senderFirstName", "senderLastName", "senderPersonalId"),
        "remark",
    }
)
_SHORTEST = 5
"""Shorter values may be in a log by chance."""
_SECRET = re.compile(r"eyJ[A-Za-z0-9_-]{16}|Bearer |BEGIN [A-Z ]*KEY|(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{60,}")
"""Tokens and signatures are longer than request ids, which have the same characters."""
_FOLDERS = sorted({str(Path(__file__).parents[2]), sys.prefix, sys.base_prefix}, key=len, reverse=True)
_known: set[str] = set()
_of_this_test: set[str] = set()


def keep(secret: str) -> None:
    """Look for the values of this JSON secret from now on, and for each line of its key."""
    for value in values_of(json.loads(secret)):
        _known.update(line for line in value.splitlines() if len(line) >= _SHORTEST)


def values_of(secret: Mapping[str, Any]) -> list[str]:
    """The values of a secret's fields, and those of its lists one by one."""
    return [str(one) for value in secret.values() for one in (value if isinstance(value, list) else [value]) if one]


def note(said: Any) -> None:
    """Look for the personal fields of a request until the end of this test."""
    if isinstance(said, Mapping):
        for name, value in said.items():
            if name in PERSONAL_FIELDS and isinstance(value, str) and len(value) >= _SHORTEST:
                _of_this_test.add(value)
            note(value)


def found_in(lines: Iterable[str]) -> list[str]:
    """The lines that contain a value given to `keep` or `note`."""
    return leaks(lines, _known | _of_this_test)


def leaks(lines: Iterable[str], values: Iterable[str]) -> list[str]:
    """The lines that contain one of the values as a word, or something like a token, a key or a signature."""
    words = sorted(map(re.escape, values), key=len, reverse=True)
    known = re.compile(f"(?<![0-9A-Za-z])(?:{'|'.join(words)})(?![0-9A-Za-z])") if words else None
    return [
        line for line in lines if _SECRET.search(without_folders(line)) or (known and known.search(_unescaped(line)))
    ]


def without_folders(line: str) -> str:
    """The line without the paths of this checkout and of Python, which may look like a key."""
    for folder in _FOLDERS:
        line = line.replace(folder, "").replace(json.dumps(folder)[1:-1], "")
    return line


def _unescaped(line: str) -> str:
    return line.replace("\\u", " \\u").replace('\\"', '"')


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that logs secrets or personal data."""
    report = yield
    logged = [line for line in f"{report.capstdout}\n{report.capstderr}".splitlines() if line.startswith("{")]
    found = found_in([*logged, *report.caplog.splitlines()])
    if report.when == "teardown":
        _of_this_test.clear()
    if found and report.passed:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} logs secrets or personal data (I17):\n" + "\n".join(found[:5])
    return report
