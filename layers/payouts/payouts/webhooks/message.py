"""The webhooks' bodies and ids. A body is a function of the stored transfer alone, so every attempt sends the same."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from payouts.domain.batch import Batch
from payouts.domain.batch_rows import ChunkSummary
from payouts.domain.days import time_of
from payouts.domain.transfer import Transfer


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """A webhook's id and body. The id is a hash of the body, which names the transfer and its status version."""

    webhook_id: str
    body: bytes

    @classmethod
    def about(cls, transfer: Transfer) -> Self:
        """`transfer.updated` with what the transfer reports, and the time when it began to."""
        data = {
            "partnerReferenceNo": transfer.partner_reference_no,
            "status": transfer.status,
            "final": transfer.is_final,
            "nextAction": transfer.next_action,
            "amount": transfer.intent.amount.wire(),
            "referenceNo": transfer.doku_reference_no or None,
            "statusVersion": transfer.status_version,
        }
        return cls.of("transfer.updated", _reported_at(transfer), data)

    @classmethod
    def about_batch(cls, batch: Batch, total: ChunkSummary) -> Self:
        """`batch.updated` with the status, the time when the batch came to it, and the numbers of its rows by now."""
        data = {
            "batchReference": batch.reference,
            "status": batch.status,
            "final": batch.is_final,
            "counts": {
                "rows": batch.rows,
                "payable": total.payable.count,
                "notPaid": total.not_paid.count,
                "statuses": {str(status): each.count for status, each in sorted(total.statuses.items())},
            },
            "statusVersion": batch.status_version,
        }
        return cls.of("batch.updated", batch.history[-1].at, data)

    @classmethod
    def of(cls, kind: str, at: int, data: Mapping[str, Any]) -> Self:
        """A message of any type. `at` in milliseconds since the epoch."""
        stated = {"type": kind, "timestamp": time_of(at, "milliseconds"), "data": data}
        body = json.dumps(stated, separators=(",", ":")).encode()
        return cls(f"msg_{hashlib.sha256(body).hexdigest()[:32]}", body)


def _reported_at(transfer: Transfer) -> int:
    """The time of the last observation that the status version contains."""
    times = (seen.at for seen in transfer.history if seen.seq <= transfer.status_version)
    return max(times, default=transfer.created_at)
