"""DOKU's sample messages, copied from its documentation (tests/fixtures/doku_samples).

Do not change them. A test of a field that they lack builds its own message.
"""

from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "fixtures" / "doku_samples"


def sample(name: str) -> str:
    """DOKU's sample `name`, such as `transfer-request`."""
    return (_FOLDER / f"{name}.json").read_text(encoding="utf-8").rstrip("\n")
