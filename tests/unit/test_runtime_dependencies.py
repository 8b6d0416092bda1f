"""The dependencies layer: exactly what functions and layers import, at the versions that are tested."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, version
from pathlib import Path

from tests.support.harness import ROOT
from tools.build import layer_requirements

OURS = {path.name for folder in (ROOT / "functions", *(ROOT / "layers").iterdir()) for path in folder.glob("*/")}
PART_OF = {"botocore": "boto3", "s3transfer": "boto3", "urllib3": "requests", "certifi": "requests"}
"""Distributions that come with another one, at the version that it works with."""

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


def pins(requirements: str) -> dict[str, str]:
    """Versions by distribution."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", requirements, re.MULTILINE))


def test_the_group_runtime_is_what_functions_import() -> None:
    distributions = packages_distributions()
    wanted = {distributions[module][0].lower().replace("_", "-") for module in imported()}
    group = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["runtime"]
    assert {PART_OF.get(name, name) for name in wanted} == {re.split("[>=]", line)[0] for line in group}


def test_the_layers_requirements_are_those_of_the_lock() -> None:
    assert layer_requirements.PATH.read_text() == layer_requirements.render(), "run `make lock`"


def test_the_layer_has_the_versions_that_are_tested() -> None:
    layer = pins(layer_requirements.PATH.read_text())
    assert layer.keys() >= {"boto3", "requests", "pydantic"}
    assert layer == {name: version(name) for name in layer}
