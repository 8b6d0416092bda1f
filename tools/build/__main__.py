"""Build the artefact with SAM, slim it, and add the bytecode that SAM does not ship."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tools import locked
from tools.build import bytecode, python
from tools.build.artefact import ARCHITECTURES, ROOT, Artefact, directory, measure
from tools.build.slim import slim

_DEPENDENCIES = "DependenciesLayer"


class Failed(Exception):
    """A step failed; the message holds its output."""


def main() -> int:
    """Build, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make build", description=__doc__)
    parser.add_argument("architecture", choices=ARCHITECTURES, nargs="?", default=ARCHITECTURES[0])
    architecture = parser.parse_args().architecture
    try:
        artefact = build(architecture)
    except (python.NotFound, Failed) as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    report(artefact)
    return 0


def build(architecture: str) -> Artefact:
    """Build for `architecture`. Raises NotFound without the runtime's Python, and Failed."""
    interpreter = python.find()
    print(f"== sam build for {architecture}, with {interpreter}", flush=True)
    _sam_build(architecture, interpreter, directory(architecture))
    artefact = Artefact.read(directory(architecture))
    artefact.made_for(architecture)
    slim(artefact.layers[_DEPENDENCIES])
    print("== bytecode", flush=True)
    for folders, mounted_at in ((artefact.functions, bytecode.TASK), (artefact.layers, bytecode.OPT)):
        for folder in folders.values():
            bytecode.compile_all(interpreter, folder, mounted_at)
    return artefact


def _sam_build(architecture: str, interpreter: Path, target: Path) -> None:
    """SAM's output is shown only when it fails."""
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS")}
    environment |= {
        "ARCHITECTURE": architecture,  # for layers/dependencies/Makefile, as is UV
        "UV": str(locked.UV),
        "PATH": f"{interpreter.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "SAM_CLI_TELEMETRY": "0",
    }
    chosen = f"Architecture={architecture}"
    ended = subprocess.run(
        [*locked.command("sam", "sam", "build"), "--build-dir", target, "--parameter-overrides", chosen],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if ended.returncode:
        raise Failed(f"sam build failed\n{ended.stdout}")


def report(artefact: Artefact) -> None:
    """Print the artefact's folders and their sizes."""
    print(f"{'':32}{'unzipped':>16}{'zipped':>16}")
    for name, folder in (artefact.layers | artefact.functions).items():
        size = measure(folder)
        print(f"{name:32}{size.unzipped / 1024:>12,.0f} KiB{size.zipped / 1024:>12,.0f} KiB")
    print(f"build: {artefact.architecture} artefact in {artefact.path.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
