"""A quick start of a function: without garbage collections, and with boto3 before all other imports."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick_start() -> Iterator[None]:
    """Collect no garbage during the `with`, and exempt the objects that it creates from later collections.

    Imports and clients create many objects and little garbage. The collections that they trigger would take a fifth of
    a cold start.

    boto3, which imports most, comes first, where few calls are under way. CPython keeps their frames in blocks of
    16 KB, and a loop that happens to call across the end of a block maps and unmaps memory at each call: up to 10 ms.
    """
    gc.disable()
    try:
        import boto3  # noqa: F401

        yield
    finally:
        gc.freeze()
        gc.enable()
