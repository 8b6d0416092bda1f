"""DOKU's sample messages, character for character as its documentation prints them (tests/fixtures/doku_samples).

They are test data by operation and stay as they are; a test of a field that they lack builds its own message.
"""

from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "fixtures" / "doku_samples"


def sample(name: str) -> str:
    """DOKU's sample `name`, such as `transfer-request`."""
    return (_FOLDER / f"{name}.json").read_text(encoding="utf-8").rstrip("\n")
