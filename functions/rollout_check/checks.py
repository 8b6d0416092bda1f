"""One harmless event for each function, and the answer of a working version."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rollout_check.settings import RolloutCheck

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """An event that changes nothing, and a predicate for the right answer."""

    event: Mapping[str, Any]
    passes: Callable[[Answer], bool]


def _http_event(method: str, path: str, **fields: Any) -> Mapping[str, Any]:
    """An API Gateway event, payload 2.0, with the fields that the functions read."""
    http = {"method": method, "path": path, "sourceIp": "127.0.0.1"}
    context = {"requestId": "rollout-check", "stage": "$default", "http": http}
    return {"version": "2.0", "routeKey": f"{method} {path}", "rawPath": path, "requestContext": context, **fields}


_FORGED = _http_event(
    "POST",
    "/notifications/kirim-doku/unpaid",
    headers={"agentkey": "rollout-check", "requestid": "rollout-check", "signature": "Zm9yZ2Vk"},
    body=json.dumps({"transactionId": "rollout-check"}),
    isBase64Encoded=False,
)

CHECKS: Mapping[RolloutCheck, Check] = {
    RolloutCheck.HEALTH: Check(
        _http_event("GET", "/health", headers={}), lambda answer: answer.get("statusCode") == 200
    ),
    # A 401 proves that the secret was read: an unreadable one answers 503.
    RolloutCheck.FORGED_NOTIFICATION: Check(_FORGED, lambda answer: answer.get("statusCode") == 401),
    RolloutCheck.NO_MESSAGES: Check({"Records": []}, lambda answer: answer == {"batchItemFailures": []}),
    RolloutCheck.DRY_TICK: Check({"dry": True}, lambda answer: answer.get("dry") is True),
}
