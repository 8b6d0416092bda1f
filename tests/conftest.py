"""What holds for every test, and options of all tests."""

import pytest

pytest_plugins = ["tests.support.log_watch", "tests.support.deployment"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        action="append",
        default=[],
        choices=("dynamodb-local", "elasticmq"),
        help="put tables or queues on a real engine instead of moto (needs Java 17 and Maven); may be given twice",
    )
