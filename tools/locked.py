"""Run the programs of uv.lock that have a dependency group of their own: they pin other versions of our libraries."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
UV = Path(sys.executable).with_name("uv")
_LOCK = ("--quiet", "--frozen", "--project", str(ROOT))


def command(group: str, *program: str) -> list[str]:
    """The command that runs `program` in an environment with the packages of `group`, which ends with it."""
    return [str(UV), "run", *_LOCK, "--isolated", "--python", sys.executable, "--only-group", group, *program]


def environment(group: str, folder: Path, python: Path) -> Path:
    """Create a virtual environment of `group` in `folder`, on the interpreter `python`; return its programs' folder."""
    subprocess.run(
        [UV, "sync", *_LOCK, "--python", python, "--only-group", group],
        check=True,
        env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder)},
    )
    return folder / "bin"
