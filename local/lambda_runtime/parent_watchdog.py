"""Processes that end with the one that started them, however that one ended.

Standard input of a child is one end of a socket pair of which only the parent holds the other: it reads the end of
the stream when the parent is gone, `kill -9` included.
`python -m local.lambda_runtime.parent_watchdog <module> ...` runs a module so.
"""

import os
import runpy
import sys
import threading


def watch() -> None:
    """From now on this process ends when its standard input does."""
    threading.Thread(target=_wait, name="lifeline", daemon=True).start()


def _wait() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    watch()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
