"""Guards of guards.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

_LIST = Path(__file__).parent / "guards.toml"


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard: its lines, their replacement when it is removed, and the tests of which one must then fail."""

    file: str
    protects: str
    snippet: str
    replacement: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}: {self.protects}"

    def removed_from(self, source: str) -> str:
        """The source without the guard. Raises ValueError unless the snippet occurs exactly once."""
        if (found := source.count(self.snippet)) != 1:
            raise ValueError(f"{self}: the snippet occurs {found} times; update guards.toml")
        return source.replace(self.snippet, self.replacement)


def listed() -> list[Guard]:
    """All guards, in the order of guards.toml."""
    with _LIST.open("rb") as file:
        return [Guard(**{**entry, "tests": tuple(entry["tests"])}) for entry in tomllib.load(file)["guard"]]
