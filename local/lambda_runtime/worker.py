"""A Lambda worker: handles invocations, one at a time, until it is killed.

Started as `python -m local.lambda_runtime.worker <handler>`. It uses AWS's runtime client, awslambdaric, which has
wheels for Linux only. Elsewhere, or with LOCAL_PLAIN_WORKER set, it uses `local.lambda_runtime.plain_worker`.
"""

import os
import sys
import traceback
from pathlib import Path
from typing import Any

from local.clock import Clock
from local.lambda_runtime import parent_watchdog, plain_worker

CLOCK_FILE = "LOCAL_CLOCK_FILE"
PLAIN = "LOCAL_PLAIN_WORKER"


def main(handler: str) -> None:
    """Serve invocations of `handler` until the process that started this one ends."""
    parent_watchdog.watch()
    Clock(Path(os.environ.pop(CLOCK_FILE))).install()
    plain = os.environ.pop(PLAIN, None)
    _remove_repository_from_path()
    os.chdir(os.environ["LAMBDA_TASK_ROOT"])
    if plain or not _under_awslambdaric(handler):
        plain_worker.run(handler)


def _remove_repository_from_path() -> None:
    """Leave only the function, its layers and installed packages importable, as in Lambda."""
    sys.path.pop(0)  # added by `-m`
    # The editable install adds the project's folders, which are not part of a function.
    named = os.environ["PYTHONPATH"].split(os.pathsep)
    installed = (sys.prefix, sys.base_prefix)
    sys.path[:] = [path for path in sys.path if path in named or path.startswith(installed)]
    for name in [name for name in sys.modules if name.partition(".")[0] == "local"]:
        del sys.modules[name]


def _under_awslambdaric(handler: str) -> bool:
    """Handle invocations with AWS's runtime client. Returns False if it is not installed."""
    try:
        import awslambdaric.__main__ as client
        import runtime_client  # type: ignore[import-not-found]  # noqa: F401  the native part
    except ImportError:
        return False
    _explain_failed_imports(client.bootstrap)
    client.main(["", handler])
    return True


def _explain_failed_imports(bootstrap: Any) -> None:
    """Keep the traceback of a failed import, which awslambdaric drops."""
    find = bootstrap._get_handler

    def explained(handler: str) -> Any:
        try:
            return find(handler)
        except bootstrap.FaultException as fault:
            if fault.__context__ is not None and not fault.trace:
                fault.trace = traceback.format_exception(fault.__context__)[1:]
            raise

    bootstrap._get_handler = explained


if __name__ == "__main__":
    main(sys.argv[1])
