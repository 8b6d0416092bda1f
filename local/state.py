"""The directory of one running stack: clock, secret and logs. Nothing in it outlives the stack."""

import os
import shutil
import tempfile
from pathlib import Path


class StateDirectory:
    """A fresh directory below `root`/.local that only its owner can read, named after this process."""

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
        """Remove it."""
        shutil.rmtree(self.path, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove what stacks left behind that were killed."""
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
