"""The deployed dependencies are what the code imports, without the laptop's tools."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.support.harness import ROOT

OURS = {path.name for folder in (ROOT / "functions", *(ROOT / "layers").iterdir()) for path in folder.glob("*/")}

PARTS_OF_BOTO3 = {"botocore"}
"""Modules that boto3 brings, and whose names its own documentation uses: `botocore.exceptions`, `botocore.config`."""


def imported() -> set[str]:
    """The top-level modules of others that functions and layers import, wherever in a file; stubs aside."""
    sources = [path for folder in ("functions", "layers") for path in (ROOT / folder).rglob("*.py")]
    names = {name.partition(".")[0] for path in sources for name in _of_file(path)}
    others = names - OURS - sys.stdlib_module_names - PARTS_OF_BOTO3
    return {name for name in others if not name.startswith("mypy_boto3_")}


def _of_file(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def names(path: Path) -> set[str]:
    """The distributions that a file of requirements names."""
    return set(re.findall(r"^([a-z0-9-]+)(?:[>=~]|$)", path.read_text(), re.MULTILINE))


def test_the_layer_is_asked_for_what_the_functions_import() -> None:
    distributions = packages_distributions()
    wanted = {distributions[module][0].lower().replace("_", "-") for module in imported()}
    assert wanted == names(ROOT / "requirements" / "runtime.in")


def test_the_layer_is_locked_at_the_versions_that_are_tested() -> None:
    pins = [
        set(re.findall(r"^([a-z0-9-]+==[^ ]+)", (ROOT / path).read_text(), re.MULTILINE))
        for path in ("layers/dependencies/requirements.txt", "requirements/dev.txt")
    ]
    assert pins[0] <= pins[1]
