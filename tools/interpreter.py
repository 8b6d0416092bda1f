"""Runs one part of a long command in its own interpreter."""

import importlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from rich.console import Console


def run_alone(module: str) -> Any:
    """Call `module.run(console)` in a new interpreter, so that no state of an earlier part is left."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_run, module).result()


def _run(module: str) -> Any:
    return importlib.import_module(module).run(Console())
