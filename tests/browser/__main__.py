"""`python -m tests.browser`, which is `make browser`: the console in a real Chromium, against the local stack."""

import os
import sys

import pytest

from tests.browser.setup import HERE, MissingError, prepare


def main(arguments: list[str]) -> int:
    """Exit code of the tests; 0 where the machine has no browser, unless `CI` is set."""
    try:
        prepare()
    except MissingError as missing:
        needed = bool(os.environ.get("CI"))
        print(f"browser: {'failed' if needed else 'skipped'}, since {missing}")
        return 1 if needed else 0
    return int(pytest.main([str(HERE), *arguments]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
