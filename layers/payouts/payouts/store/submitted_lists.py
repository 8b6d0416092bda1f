"""The lists that were submitted: a hash of each, for 35 days, so that the same list under another name is noticed."""

from payouts.store.table import ConditionFailed, Table

KEPT_SECONDS = 35 * 86_400


class SubmittedLists:
    """Lists in the table. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, list_hash: str, reference: str, now: int, instead_of: str = "") -> str:
        """The batch that submitted this list within 35 days before `now` (seconds); empty if it is this one or none.

        `instead_of` is a batch whose claim this one takes over. A claim of another batch stays as it is.
        """
        item = {"pk": f"LIST#{list_hash}", "claimedBy": reference, "expiresAt": now + KEPT_SECONDS}
        condition = "attribute_not_exists(pk) OR expiresAt <= :now OR claimedBy IN (:own, :other)"
        try:
            self._table.put(item, condition, {}, {":now": now, ":own": reference, ":other": instead_of or reference})
        except ConditionFailed as failed:
            return str(failed.item["claimedBy"]) if failed.item else reference
        return ""
