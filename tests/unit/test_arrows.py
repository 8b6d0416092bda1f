"""Code rules that import-linter (pyproject.toml) cannot express, read from the sources."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found, folders
    return found


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever it does so; `from a import b` gives both `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def roots(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def packages_of_functions() -> list[Path]:
    return sorted(path.parent for path in (ROOT / "functions").glob("*/__init__.py"))


def test_only_the_transfer_api_imports_pydantic() -> None:
    """They would slow every cold start down."""
    api = ROOT / "functions" / "transfer_api"
    for path in sources("functions", "layers"):
        if not path.is_relative_to(api):
            assert "pydantic" not in roots(path), path
            assert "aws_lambda_powertools.event_handler" not in set(imports(path)), path


def test_the_tracer_is_imported_nowhere() -> None:
    """They take 130 ms."""
    for path in sources("functions", "layers"):
        names = set(imports(path))
        assert not {name for name in names if "tracing" in name or name.endswith(".Tracer")}, path
        assert "aws_xray_sdk" not in roots(path), path


def test_cryptography_is_imported_only_where_needed() -> None:
    """Parsing its modules costs more than signing a request."""
    importers = {path.name for path in sources("functions", "layers") if "cryptography" in roots(path)}
    assert importers <= {"private_key.py", "notification.py"}


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
    allowed = {"send_transfer.py": 2, "poll.py": 2}
    for path in sources("layers"):
        assert broad_handlers(path) == allowed.get(path.name, 0), path


@pytest.mark.covers("I17")
def test_nothing_that_is_deployed_prints() -> None:
    """I17: what is printed ends in the log without the logger's masks."""
    for path in sources("functions", "layers"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)]
        assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "print"], path
