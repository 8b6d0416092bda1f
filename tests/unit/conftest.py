"""Marks the modules that `make test-fast` leaves out. A merchant of the simulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.merchant import Merchant, merchant_of

SLOW = {
    "test_batch_templates": "starts a process for a spreadsheet",
    "test_batch_spreadsheets": "starts a process for each spreadsheet",
    "test_import_budget": "starts an interpreter for each function",
    "test_local_aws": "starts processes",
    "test_local_cors": "translates the template many times",
    "test_local_runtime": "starts a process for each worker",
    "test_log_watch": "starts processes",
    "test_model": "explores the model",
    "test_openapi": "builds the document several times",
    "test_proofs": "runs parts of the proofs",
    "test_simulator_control": "starts the simulator as a process",
    "test_transport": "waits for deadlines of real connections",
}
"""Reasons by module."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem in SLOW:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def doku(tmp_path: Path) -> Iterator[Merchant]:
    with merchant_of(tmp_path) as merchant:
        yield merchant
