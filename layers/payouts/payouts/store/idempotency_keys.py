"""Idempotency-Keys, each bound to one partnerReferenceNo."""

import hashlib

from payouts.domain.errors import Duplicate
from payouts.store.table import ConditionFailed, Table


class IdempotencyKeys:
    """Keys in the table. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def bind(self, key: str, reference: str) -> None:
        """Bind `key` to `reference` for ever. Raises Duplicate if it is bound to another reference (I2).

        Binding it again to the same reference succeeds, so a crash before the transfer is created does no harm.
        """
        item = {"pk": "KEY#" + hashlib.sha256(key.encode()).hexdigest(), "boundTo": reference}
        condition = "attribute_not_exists(pk) OR boundTo = :reference"
        try:
            self._table.put(item, condition, {}, {":reference": reference})
        except ConditionFailed:
            raise Duplicate(
                "this Idempotency-Key belongs to another partnerReferenceNo. This request sent nothing. Read that"
                " transfer before you pay under another key"
            ) from None
