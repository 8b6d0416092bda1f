"""Ends a process when its parent ends, even with `kill -9`.

The child's standard input is one end of a socket pair; only the parent has the other. The child reads the end of the
stream when the parent has ended. `python -m local.lambda_runtime.parent_watchdog <module> ...` runs a module this way.
"""

import os
import runpy
import sys
import threading


def watch() -> None:
    """End this process when its standard input ends."""
    threading.Thread(target=_wait, name="parent watchdog", daemon=True).start()


def _wait() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    watch()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
