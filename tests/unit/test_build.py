"""Parts of the build that need no build: the interpreter, the botocore subset, the template's architecture."""

import ast
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.support.harness import ROOT
from tools.build import python
from tools.build.artefact import Artefact, directory, measure
from tools.build.slim import SERVICES, slim


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any python3.13."""
    for name in ("PATH", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path


def executable(path: Path, says: str, code: int = 0) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho {says}\nexit {code}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_without_the_runtimes_python_it_says_how_to_get_one(nowhere: Path) -> None:
    with pytest.raises(python.NotFound, match=r"uv python install 3\.13"):
        python.find()


@pytest.mark.parametrize(
    "place",
    [
        "PATH/python3.13",
        "PYENV_ROOT/versions/3.13.7/bin/python3.13",
        "UV_PYTHON_INSTALL_DIR/cpython-3.13.7-linux-x86_64-gnu/bin/python3.13",
    ],
)
def test_the_interpreter_is_found_wherever_it_was_installed(nowhere: Path, place: str) -> None:
    there = executable(nowhere / place, says="3.13")
    assert python.find() == there


def test_a_shim_that_stands_for_nothing_is_passed_over(nowhere: Path) -> None:
    executable(nowhere / "PATH" / "python3.13", says="not-found", code=127)
    there = executable(nowhere / "PYENV_ROOT" / "versions" / "3.13.0" / "bin" / "python3.13", says="3.13")
    assert python.find() == there


def clients(path: Path) -> Iterator[str]:
    """The services that a file makes clients of."""
    calls = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)]
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("client", "create_client", "resource"):
            yield ast.literal_eval(call.args[0])


def test_the_layer_keeps_the_services_in_use() -> None:
    made = {
        name for folder in ("functions", "layers") for path in (ROOT / folder).rglob("*.py") for name in clients(path)
    }
    assert made == SERVICES - {"sts"}


def test_unused_files_are_removed_and_licences_stay(tmp_path: Path) -> None:
    packages = tmp_path / "python"
    kept = ["botocore/data/sqs/2012-11-05/service-2.json.gz", "botocore/data/endpoints.json", "botocore/client.py"]
    kept += ["botocore-1.dist-info/licenses/LICENSE", "botocore-1.dist-info/METADATA"]
    gone = ["botocore/data/ec2/2016-11-15/service-2.json.gz", "botocore-1.dist-info/RECORD"]
    gone += ["bin/jp.py", ".lock", "certifi/tests/test_certify.py", "boto3/data/sqs/2012-11-05/resources-1.json"]
    for name in kept + gone:
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text("x")
    slim(tmp_path)
    assert {str(path.relative_to(packages)) for path in packages.rglob("*") if path.is_file()} == set(kept)


def test_a_build_deploys_to_what_it_was_built_for_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text((ROOT / "template.yaml").read_text())
    Artefact.read(tmp_path).made_for("x86_64")
    written = Artefact.read(tmp_path)
    assert written.architecture == "x86_64"
    assert written.document["Parameters"]["Architecture"]["AllowedValues"] == ["x86_64"]
    original = yaml_parse((ROOT / "template.yaml").read_text())
    assert written.document["Resources"] == original["Resources"]


def test_the_default_build_is_where_sam_looks_for_it() -> None:
    assert directory("arm64") == ROOT / ".aws-sam" / "build"
    assert directory("x86_64") != directory("arm64")


def test_sizes_are_measured_zipped_and_unzipped(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "zeros").write_bytes(bytes(100_000))
    size = measure(tmp_path)
    assert size.unzipped == 100_000
    assert 0 < size.zipped < 2_000
