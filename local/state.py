"""The directory of a running stack, with its clock, secret and logs. It is deleted with the stack."""

import os
import shutil
import tempfile
from pathlib import Path


class StateDirectory:
    """A new directory below `root`/.local, named after this process. Only its owner can read it."""

    def __init__(self, root: Path) -> None:
        parent = root / ".local"
        parent.mkdir(exist_ok=True)
        _sweep(parent)
        self.path = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=parent))
        self.logs = self.path / "logs"
        self.logs.mkdir()
        self.clock = self.path / "clock"
        self.secret = self.path / "doku-secret.json"

    def close(self) -> None:
        """Delete the directory."""
        shutil.rmtree(self.path, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Delete the directories of stacks that were killed."""
    for left in parent.iterdir():
        owner = left.name.partition("-")[0]
        if owner.isdecimal() and not _alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
