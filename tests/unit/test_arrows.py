"""Code rules that import-linter (pyproject.toml) cannot express, read from the sources."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found, folders
    return found


def packages_of_functions() -> list[Path]:
    return sorted(path.parent for path in (ROOT / "functions").glob("*/__init__.py"))


def broad_handlers(path: Path) -> int:
    """How many `except` clauses of a file catch everything."""
    caught = [node.type for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.ExceptHandler)]
    return sum(kind is None or bool(names_in(kind) & {"Exception", "BaseException"}) for kind in caught)


def names_in(node: ast.expr) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def test_only_handlers_have_a_broad_boundary() -> None:
    for package in packages_of_functions():
        assert sum(broad_handlers(path) for path in package.rglob("*.py")) <= 1, package
    # After the conditional create no error may look like "not sent", and in a tick one transfer may not stop others.
    allowed = {"send_transfer.py": 2, "poll.py": 1, "checks.py": 2, "sweep.py": 1, "drive_due.py": 1}
    for path in sources("layers"):
        assert broad_handlers(path) == allowed.get(path.name, 0), path


@pytest.mark.covers("I17")
def test_nothing_that_is_deployed_prints() -> None:
    """I17: what is printed ends in the log without the logger's masks."""
    for path in sources("functions", "layers"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)]
        assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "print"], path
