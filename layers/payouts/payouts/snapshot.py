"""SnapStart: one snapshot of a started function becomes any number of copies, days later.

Nothing that it held may count in them: a token or a secret of then, a connection whose other side is long gone, or
the state of a random generator, which would give every copy the same numbers.
"""

import importlib
import os
from collections.abc import Callable, Iterable, Mapping

Forget = Callable[[], object]
"""Drops what an object holds. It is obtained again when it is needed, so this may be called at any time."""


def register(environment: Mapping[str, str], held: Iterable[Forget], late: Iterable[str] = ()) -> None:
    """Have Lambda call all of `held` before a snapshot and after each restore. Does nothing without SnapStart.

    `late` names modules that are otherwise imported by the first invocation that needs them: the snapshot has them.
    """
    if environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start":
        return
    from snapshot_restore_py import register_after_restore, register_before_snapshot  # Lambda's own, not needed else

    for module in late:
        register_before_snapshot(importlib.import_module, module)
    register_after_restore(_reseed)
    for forget in held:
        register_before_snapshot(forget)
        register_after_restore(forget)


def _reseed() -> None:
    """Make what generates random numbers in this process differ from its copies (I14).

    `secrets` and `uuid4` ask the kernel each time. `random`, which also spreads botocore's retries, and OpenSSL do not.
    """
    import random
    import ssl

    random.seed()
    ssl.RAND_add(os.urandom(48), 48.0)
