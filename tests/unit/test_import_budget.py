"""What a cold start may import, by name: a fresh process imports the handler and says what came along.

Times are measured by `make bench ARGS=cold`; this fails when somebody adds an import that costs them.
"""

import os
import subprocess
import sys
from functools import cache

import pytest

from tests.support.harness import ROOT

FUNCTIONS = (
    "transfer_api",
    "notification_receiver",
    "notification_processor",
    "status_poller",
    "webhook_sender",
    "batch_worker",
    "rollout_check",
)
NOBODY = (
    "boto3.s3",  # the poller's daily report alone uses S3
    "aws_xray_sdk",  # nothing is traced, and Powertools' Tracer takes 130 ms
    "cryptography",  # for token requests, and for AES signatures of notifications
    "pydantic",  # to read a request's body
    "payouts.codes",  # to explain a code or a refusal
    "payouts.services.daily_report",  # once a day
    "payouts.store.notes",  # notes are few
)
_CALLS_HTTP = {"transfer_api", "notification_processor", "status_poller", "webhook_sender", "batch_worker"}
OTHERS = {  # of those that are imported by some, who may
    "aws_lambda_powertools.event_handler": {"transfer_api"},
    "aws_lambda_powertools.utilities.data_classes": {"transfer_api"},
    "asyncio": {"transfer_api"},  # the resolver's
    "payouts.domain.balance_proof": {"status_poller"},
    "payouts.domain.batch": {"webhook_sender", "batch_worker"},
    "payouts.store.returned_transfers": {"status_poller"},
    "payouts.services.create_transfer": {"transfer_api", "batch_worker"},
    "payouts.services.drive_batches": {"batch_worker"},
    "payouts.doku.transport": _CALLS_HTTP,
    "payouts.doku.client": _CALLS_HTTP - {"webhook_sender"},
    "payouts.services.poll": {"status_poller"},
    "requests": _CALLS_HTTP,  # DOKU, the receiver
}
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "ap-southeast-3",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "TABLE_NAME": "transfers",
    "DOKU_SECRET_ID": "doku",
    "NOTIFICATION_QUEUE_URL": "https://sqs.ap-southeast-3.amazonaws.com/123456789012/notifications",
    "WEBHOOK_URL": "https://example.com/webhooks",
    "WEBHOOK_QUEUE_URL": "https://sqs.ap-southeast-3.amazonaws.com/123456789012/webhooks",
    "WEBHOOK_REPLAY_QUEUE_URL": "https://sqs.ap-southeast-3.amazonaws.com/123456789012/webhooks-replay",
    "WEBHOOK_DEAD_LETTER_QUEUE_URL": "https://sqs.ap-southeast-3.amazonaws.com/123456789012/webhooks-dead",
    "NEW_VERSION_ARN": "arn:aws:lambda:ap-southeast-3:123456789012:function:TransferApiFunction:2",
    "ROLLOUT_CHECK": "health",
    "POWERTOOLS_SERVICE_NAME": "payouts",
    "POWERTOOLS_METRICS_NAMESPACE": "Payouts",
    "PYTHONPATH": os.pathsep.join(str(ROOT / path) for path in ("functions", "layers/doku_signing", "layers/payouts")),
}


@cache
def imported(function: str) -> frozenset[str]:
    """Every module that a cold start of the function imports."""
    command = f"import sys, {function}.handler; print('modules:', *sys.modules)"
    ended = subprocess.run([sys.executable, "-c", command], env=ENVIRONMENT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("modules:")]
    return frozenset(line.split()[1:])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_needed_rarely_is_not_imported_at_the_start(function: str) -> None:
    assert f"{function}.app" in imported(function)
    assert [name for name in NOBODY if name in imported(function)] == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_only_what_is_its_own(function: str) -> None:
    assert {name for name in OTHERS if name in imported(function)} == {
        name for name, functions in OTHERS.items() if function in functions
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_cold_start_collects_no_garbage(function: str) -> None:
    command = f"import gc, {function}.handler; print('gc', gc.get_stats()[2]['collections'], gc.isenabled())"
    ended = subprocess.run([sys.executable, "-c", command], env=ENVIRONMENT, capture_output=True, text=True)
    assert ended.stdout.splitlines()[-1] == "gc 0 True", ended.stderr
