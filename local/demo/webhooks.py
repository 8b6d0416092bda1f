"""The scenario of the webhooks to the merchant's back end."""

import json
from typing import Any

from local.demo.stage import Stage

_PENDING = {"beneficiaryAccountNumber": "9912345678", "channelCode": "07", "beneficiaryAccountName": "SITI RAHAYU"}
"""An account whose transfers are UNPAID at first. ACCEPTED at once causes no webhook."""
_COUNT = 12
"""Transfers while the receiver is down: more than the failures that open the breaker."""


def caught_up(stage: Stage) -> str:
    """Down, one probe a minute, and everything delivered once it is back."""
    inbox = stage.stack.inbox
    stage.stack.drain()
    inbox.fail(1_000)
    references = [str(stage.create(stage.order(**_PENDING)).json()["partnerReferenceNo"]) for _ in range(_COUNT)]
    stage.stack.drain()
    stage.expect(_breaker(stage) == "open", "after ten failures in a row the breaker is open: one probe a minute")
    stage.tick_when_due(references[-1])
    stage.stack.drain()
    stage.expect(stage.set_aside() > 0, f"{stage.set_aside()} webhooks are set aside, and nothing is lost")
    inbox.fail(0)
    minutes = 0
    while _missing(stage, references) and minutes < 200:
        stage.doku.advance(60)
        stage.stack.tick()
        stage.stack.drain()
        minutes += 1
    stage.expect(not _missing(stage, references), f"back again: all have arrived after {minutes} minutes")
    received = _received(stage, references)
    stage.expect(all(each["verified"] for each in received), "the standardwebhooks library verifies each signature")
    last = {reference: _data(each) for each in reversed(received) for reference in [_data(each)["partnerReferenceNo"]]}
    true = {reference: stage.get(reference)["status"] for reference in references}
    stage.expect({name: data["status"] for name, data in last.items()} == true, "the last delivery tells the status")
    return references[-1]


def _breaker(stage: Stage) -> str:
    (answer,) = (each for each in stage.stack.tick().values() if "breaker" in each)
    return str(answer["breaker"])


def _data(delivery: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(delivery["body"])["data"]
    return found


def _received(stage: Stage, references: list[str]) -> list[dict[str, Any]]:
    """The deliveries that succeeded, newest first."""
    found = [each for each in stage.stack.inbox.state()["deliveries"] if each["status"] == 204]
    return [each for each in found if _data(each).get("partnerReferenceNo") in references]


def _missing(stage: Stage, references: list[str]) -> bool:
    return {_data(each)["partnerReferenceNo"] for each in _received(stage, references)} != {*references}
