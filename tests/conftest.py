"""Options, plugins and order of all tests."""

import gc
from functools import cache

import botocore.session
import pytest

botocore.session.create_loader = cache(botocore.session.create_loader)
"""AWS's descriptions of its services are read once in a process, and not for each session."""

pytest_plugins = ["tests.support.log_watch", "tests.support.deployment"]

_SLOWEST = (
    *(
        "test_stateful",
        "test_failures",
        "test_poller",
        "test_doku_faults",
        "test_model",
        "test_sweep",
        "test_report_upload",
    ),
    *("test_burst", "test_webhooks_command", "test_delivery", "test_history", "test_crashes"),
    *("test_local_command", "test_hostile_doku", "test_lists", "test_order", "test_queue"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        action="append",
        default=[],
        choices=("dynamodb-local", "elasticmq"),
        help="put tables or queues on a real engine instead of moto (needs Java 17 and Maven); may be given twice",
    )


def pytest_configure() -> None:
    """Look for no garbage while modules are imported and tests are collected: there is none."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From now on look at what tests make, and not at a million objects of libraries each time."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the slowest files first: with `--dist loadfile` a worker takes whole files, and none should end alone."""
    items.sort(key=lambda item: _SLOWEST.index(item.path.stem) if item.path.stem in _SLOWEST else len(_SLOWEST))


def pytest_sessionfinish() -> None:
    """Exempt what is left from pytest's last garbage collections.

    They take seconds over moto's and botocore's objects, and xdist interrupts a worker that is not gone after five.
    """
    gc.freeze()
