"""The deployment of local.in_process for tests: log_watch notes each request, openapi_contract checks each answer.

No code of the bundle is replaced. The simulator causes DOKU's faults; hooks on botocore's events cause AWS's faults and
crashes.
"""

from dataclasses import astuple
from typing import Any

from local.in_process import samples
from local.in_process.aws_faults import PAGES, Crash, Page, crashing
from local.in_process.invocation import Answer, Context, InProcess
from local.in_process.samples import ROOT, inquiry_of, new_reference, sample_event
from local.in_process.world import World
from tests.support import log_watch, openapi_contract

__all__ = [
    "PAGES",
    "ROOT",
    "Answer",
    "Context",
    "Crash",
    "InProcess",
    "Page",
    "World",
    "crashing",
    "inquiry_of",
    "new_reference",
    "order",
    "sample_event",
]


def order(**changes: Any) -> dict[str, Any]:
    """DOKU's sample transfer request. The test fails if its personal values are logged."""
    body = samples.order(**changes)
    log_watch.note(body)
    return body


def _check_answer(route: str, answer: Answer) -> None:
    openapi_contract.check(route, *astuple(answer))


World.request_observers.append(log_watch.note)
World.answer_observers.append(_check_answer)
