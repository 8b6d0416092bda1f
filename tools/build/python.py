"""Find an interpreter of the Lambda runtime's version: the runtime reads only that version's bytecode."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

VERSION = "3.13"
_NAME = f"python{VERSION}"


class NotFound(Exception):
    """No such interpreter on this machine; the message says how to get one."""


def find() -> Path:
    """The first `python3.13` that runs: on the PATH, of pyenv, or of uv. Raises NotFound."""
    for candidate in (*_on_the_path(), *_of_pyenv(), *_of_uv()):
        if _runs(candidate):
            return candidate
    raise NotFound(
        f"a {_NAME} is needed, the version of the Lambda runtime, and there is none on the PATH, below pyenv's"
        f" versions or among uv's. Install one with `.venv/bin/uv python install {VERSION}`,"
        f" `pyenv install {VERSION}` or your package manager, and run this again"
    )


def _on_the_path() -> Iterator[Path]:
    for folder in os.get_exec_path():
        yield Path(folder) / _NAME


def _of_pyenv() -> Iterator[Path]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(root.glob(f"versions/{VERSION}*/bin/{_NAME}"), reverse=True)


def _of_uv() -> Iterator[Path]:
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    root = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    yield from sorted(root.glob(f"cpython-{VERSION}.*/bin/{_NAME}"), reverse=True)


def _runs(candidate: Path) -> bool:
    """Return True if it runs and has the right version: a shim of pyenv may have no interpreter behind it."""
    if not os.access(candidate, os.X_OK):
        return False
    ended = subprocess.run(
        [candidate, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True
    )
    return ended.stdout.strip() == VERSION


if __name__ == "__main__":
    try:
        print(find())
    except NotFound as error:
        sys.exit(f"build: {error}")
