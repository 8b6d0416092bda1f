"""A part of a long command in an interpreter of its own."""

import importlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from rich.console import Console


def run_alone(module: str) -> Any:
    """What `module`'s `run(console)` returns or raises: what another has imported, patched or left is not there."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_run, module).result()


def _run(module: str) -> Any:
    return importlib.import_module(module).run(Console())
