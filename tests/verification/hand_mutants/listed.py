"""The list of guards, guards.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

_LIST = Path(__file__).parent / "guards.toml"


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard: where it stands, what stands there without it, and the tests of which one must die then."""

    file: str
    protects: str
    snippet: str
    replacement: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}: {self.protects}"

    def removed_from(self, source: str) -> str:
        """The source without it. Raises ValueError where the snippet does not stand there exactly once."""
        if (found := source.count(self.snippet)) != 1:
            raise ValueError(f"{self}: the snippet stands there {found} times; put guards.toml right")
        return source.replace(self.snippet, self.replacement)


def listed() -> list[Guard]:
    """All guards, in the order of the list."""
    with _LIST.open("rb") as file:
        return [Guard(**{**entry, "tests": tuple(entry["tests"])}) for entry in tomllib.load(file)["guard"]]
