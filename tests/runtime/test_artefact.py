"""What is deployed: complete, small, with bytecode for the runtime, and importable with nothing else around."""

import _imp
import json
import platform
import subprocess
from pathlib import Path

import pytest

from tools.build import python
from tools.build.artefact import Artefact, measure
from tools.build.slim import SERVICES

MEBIBYTE = 1024 * 1024
LAMBDA_LIMIT = 250 * MEBIBYTE
"""Of a function with all its layers, unzipped."""
OURS, OURS_ZIPPED = 48 * MEBIBYTE, 18 * MEBIBYTE
MOUNTED_AT = {"layers": "/opt", "functions": "/var/task"}


@pytest.fixture(scope="session")
def interpreter() -> Path:
    return python.find()


def test_it_is_for_this_machine_and_deploys_to_nothing_else(artefact: Artefact) -> None:
    architecture = "x86_64" if platform.machine() == "x86_64" else "arm64"
    parameter = artefact.document["Parameters"]["Architecture"]
    assert (parameter["Default"], parameter["AllowedValues"]) == (architecture, [architecture])
    native = list(artefact.path.rglob("*.so"))
    assert len(native) >= 3
    machine = {"x86_64": 62, "arm64": 183}[architecture]
    assert {int.from_bytes(path.read_bytes()[18:20], "little") for path in native} == {machine}  # ELF e_machine


def test_a_function_and_its_layers_are_small(artefact: Artefact) -> None:
    layers = [measure(folder) for folder in artefact.layers.values()]
    for name, folder in artefact.functions.items():
        sizes = [measure(folder), *layers]
        assert sum(size.unzipped for size in sizes) < min(OURS, LAMBDA_LIMIT), name
        assert sum(size.zipped for size in sizes) < OURS_ZIPPED, name


def test_every_module_has_current_bytecode(artefact: Artefact, interpreter: Path) -> None:
    magic = magic_number(interpreter)
    for kind, mounted_at in MOUNTED_AT.items():
        for folder in getattr(artefact, kind).values():
            sources = list(folder.rglob("*.py"))
            assert sources, folder
            for source in sources:
                code = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
                assert code.is_file(), source
                header = code.read_bytes()[:16]
                assert header[:4] == magic, source
                assert header[4:8] == (0b01).to_bytes(4, "little"), source  # by hash, and unchecked
                assert header[8:] == _imp.source_hash(int.from_bytes(magic, "little"), source.read_bytes()), source
                assert f"{mounted_at}/{source.relative_to(folder)}".encode() in code.read_bytes(), source


def magic_number(interpreter: Path) -> bytes:
    command = "import importlib.util; print(importlib.util.MAGIC_NUMBER.hex())"
    said = subprocess.run([interpreter, "-I", "-c", command], capture_output=True, text=True, check=True)
    return bytes.fromhex(said.stdout)


def test_every_function_imports_on_its_own(artefact: Artefact, interpreter: Path) -> None:
    for name in artefact.functions:
        handler = artefact.document["Resources"][name]["Properties"]["Handler"]
        imported = run(interpreter, artefact, name, f"import {handler.rpartition('.')[0].split('.')[0]}.app")
        assert imported.returncode == 0, imported.stderr


def test_every_client_can_be_created(artefact: Artefact, interpreter: Path) -> None:
    make = "from payouts.runtime import aws; print([c().meta.service_model.service_name for c in %s])"
    clients = "(aws.dynamodb, aws.kms, aws.secrets_manager, aws.sqs, aws.s3, aws.lambda_, aws.codedeploy)"
    made = run(interpreter, artefact, "StatusPollerFunction", make % clients)
    assert made.returncode == 0, made.stderr
    assert set(eval(made.stdout)) <= SERVICES
    data = artefact.layers["DependenciesLayer"] / "python" / "botocore" / "data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == SERVICES


def test_licences_are_kept(artefact: Artefact) -> None:
    packages = artefact.layers["DependenciesLayer"] / "python"
    for metadata in packages.glob("*.dist-info"):
        assert (metadata / "METADATA").is_file(), metadata
        names = [path.name.upper() for path in metadata.rglob("*")]
        assert any(name.startswith(("LICEN", "COPYING", "NOTICE")) for name in names), metadata


def run(interpreter: Path, artefact: Artefact, function: str, command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in the runtime's Python with the artefact of a function and nothing else."""
    paths = json.dumps([str(path) for path in artefact.import_path(function)])
    region = {"AWS_DEFAULT_REGION": "ap-southeast-3", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    return subprocess.run(
        [interpreter, "-I", "-S", "-B", "-c", f"import sys; sys.path[:0] = {paths}; {command}"],
        capture_output=True,
        text=True,
        env=region,
    )
