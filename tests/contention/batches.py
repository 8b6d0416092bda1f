"""Batches under contention: many workers, pollers, people and single transfers at the same rows."""

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from local.stack import APPROVER
from tests.contention.deployment import Deployment, run_concurrently
from tests.support.harness import new_reference, order

_ROWS = 6
_MINUTE = 61
_ROUNDS = 25
_ENDS = {"DONE", "DONE_WITH_FAILURES", "CANCELLED"}


def batches_and_single_transfers(deployment: Deployment, seed: int, batches: int = 3) -> int:
    """Four workers for each chunk, pollers, a cancellation, a pause, and single transfers under the rows' references.

    Afterwards every row is accounted for, and no reference was paid twice.
    """
    references = [new_reference().replace("PAY", "BATCH") for _ in range(batches)]
    for reference in references:
        _approve(deployment, reference)
    singles = [order(partnerReferenceNo=f"{reference}-{row}") for reference in references for row in (2, 5)]
    cancelled, paused = references[:2]
    actions: list[Callable[[], Any]] = [
        *[partial(deployment.work, reference) for reference in references for _ in range(4)],
        *[deployment.tick] * 2,
        *[partial(deployment.request, "POST", "/v1/transfers", body) for body in singles],
        partial(_change, deployment, cancelled, "cancellation"),
        partial(_change, deployment, paused, "pause"),
        partial(_change, deployment, paused, "resume"),
    ]
    random.Random(seed).shuffle(actions)
    run_concurrently(actions)
    found = _finished(deployment, references, paused)
    paid = Counter(one["partnerReferenceNo"] for one in deployment.doku.ledger()["debits"] if not one["returned"])
    assert max(paid[f"{reference}-{row}"] for reference in references for row in range(1, _ROWS + 1)) == 1, "I1, I2"
    for reference in references:
        _check(deployment, reference, found[reference], paid)
    return len(actions)


def _approve(deployment: Deployment, reference: str) -> None:
    """Create, check and submit a batch by several callers at once, and let one person approve it twice at once."""
    path, row = f"/v1/batches/{reference}", order()
    del row["partnerReferenceNo"]
    first = 6_000_000 + _ROWS * int(reference.rpartition("-")[2])  # no two batches pay one account
    rows = [{**row, "beneficiaryAccountNumber": str(first + place)} for place in range(_ROWS)]
    body = {"batchReference": reference, "transfers": rows}
    created = run_concurrently([partial(deployment.request, "POST", "/v1/batches", body)] * 3)
    assert {answer.status for answer in created} <= {200, 201}, [answer.body for answer in created]
    run_concurrently([partial(deployment.work, reference)] * 3)
    deployment.tick()
    run_concurrently([partial(_change, deployment, reference, "submission")] * 3)
    digest = deployment.request("GET", path).body["digest"]
    decision = {"decision": "APPROVE", "digest": digest}
    approve = partial(deployment.request, "POST", f"{path}/approvals", decision, caller=APPROVER)
    answers = run_concurrently([approve] * 2)
    assert 200 in {answer.status for answer in answers}, [answer.body for answer in answers]


def _change(deployment: Deployment, reference: str, what: str) -> Any:
    return deployment.request("POST", f"/v1/batches/{reference}/{what}")


def _finished(deployment: Deployment, references: list[str], paused: str) -> dict[str, dict[str, Any]]:
    """The batches once all are final."""
    for _ in range(_ROUNDS):
        _change(deployment, paused, "resume")
        deployment.advance(_MINUTE)
        deployment.tick()
        deployment.process()
        found = {each: deployment.request("GET", f"/v1/batches/{each}").body for each in references}
        if all(each["status"] in _ENDS for each in found.values()):
            break
    statuses = {name: each["status"] for name, each in found.items()}
    assert set(statuses.values()) <= _ENDS, f"I35: {statuses}"
    return found


def _check(deployment: Deployment, reference: str, batch: dict[str, Any], paid: Counter[str]) -> None:
    """I35, I36: each row has a transfer of the batch or a reason, and the sums are those of the ledger."""
    rows = deployment.request("GET", f"/v1/batches/{reference}/rows").body["rows"]
    lost = [row["row"] for row in rows if row["status"] is None]
    assert not lost, f"I35: {reference}: rows {lost} have neither a transfer nor a reason"
    own = [row for row in rows if row["status"] != "NOT_PAID"]
    counted = {status: each["count"] for status, each in batch["statuses"].items()}
    assert counted == Counter(row["status"] for row in own), f"I36: {counted}"
    assert batch["notPaid"]["count"] == len(rows) - len(own), "I35"
    unpaid = [row["row"] for row in own if row["status"] == "SUCCESS" and not paid[row["partnerReferenceNo"]]]
    assert not unpaid, f"I36: {reference}: rows {unpaid} are SUCCESS without a debit"
