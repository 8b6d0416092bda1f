"""Compile an artefact for the runtime. SAM ships no bytecode: every cold start would compile every module."""

import os
import subprocess
from pathlib import Path

OPT, TASK = "/opt", "/var/task"
"""Where Lambda mounts layers and code: tracebacks name these paths, whichever machine built."""


def compile_all(python: Path, folder: Path, mounted_at: str) -> None:
    """Put a `.pyc` beside every `.py` of `folder`, by the interpreter `python`. Raises CalledProcessError.

    `unchecked-hash`: Lambda neither compares dates, which a zip loses, nor reads the source. The bytecode depends on
    nothing but the source, so an unchanged build is an unchanged layer.
    """
    subprocess.run(
        [
            *(python, "-I", "-m", "compileall", "-q", "-f", "-j", "0"),
            *("--invalidation-mode", "unchecked-hash", "-s", folder, "-p", mounted_at, folder),
        ],
        check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": "315532800"},
    )
