"""Converts a transfer to a DynamoDB item and back."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from payouts.domain.days import day_of
from payouts.domain.money import Rupiah
from payouts.domain.transfer import DokuAccount, Intent, Transfer
from payouts.store import history
from payouts.store.codec import Item

SCHEMA = 1
"""The item's schema. An item of a newer schema is shown but never changed: a rewrite could damage it.

Every schema keeps `pk`, `schema`, `version`, `status`, `createdAt`, `account`, `intent`, `nextCheckAt` and `dueShard`
as they are.
"""
DAY_SHARDS = 4
"""Partitions of a day in the `by-day` index that are read. One takes the writes of some 300 transfers a second."""
WRITTEN_DAY_SHARDS = 4
"""Partitions that transfers are written to. An increase takes two releases, as with `due_index.WRITTEN_SHARDS`."""
_INTENT = {
    "customer_number": "customer",
    "beneficiary_bank_code": "bank",
    "session_id": "session",
    "fee_type": "feeType",
    "channel_code": "channel",
    "beneficiary_first_name": "first",
    "beneficiary_last_name": "last",
    "beneficiary_phone_number": "phone",
    "beneficiary_bank_name": "bankName",
    "beneficiary_account_name": "name",
    "sender_country_code": "country",
    "sender_first_name": "from",
    "sender_last_name": "fromLast",
    "sender_personal_id": "fromId",
    "sender_personal_id_type": "fromIdType",
    "remark": "remark",
}
"""Short names of the fields of `Intent`. A write costs a unit for each KB of the item, and most stay within one."""


def key(reference: str) -> str:
    """The `pk` of a transfer."""
    return f"TRANSFER#{reference}"


def reference(pk: str) -> str:
    """The partnerReferenceNo of a `pk`."""
    return pk.removeprefix(key(""))


def day_partition(day: str, shard: int | str) -> str:
    """A partition of the `by-day` index, such as `2024-09-17#0`."""
    return f"{day}#{shard}"


def shard(reference: str, shards: int) -> str:
    """The transfer's share of a sharded index."""
    return str(zlib.crc32(reference.encode()) % shards)


def fixed(transfer: Transfer) -> Item:
    """The attributes that never change."""
    return {
        "pk": key(transfer.partner_reference_no),
        "schema": SCHEMA,
        "intent": _encoded(transfer.intent),
        "fingerprint": transfer.fingerprint,
        "createdAt": transfer.created_at,
        "day": day_partition(day_of(transfer.created_at), shard(transfer.partner_reference_no, WRITTEN_DAY_SHARDS)),
        "account": transfer.intent.beneficiary_account_number,
        **({"fee": str(transfer.fee)} if transfer.fee else {}),
        **({"createdBy": transfer.created_by} if transfer.created_by else {}),
        **({"sentTo": _sent_to(transfer.sent_to)} if transfer.sent_to else {}),
        **({"origin": transfer.origin} if transfer.origin else {}),
    }


def erasable(transfer: Transfer) -> tuple[Item, list[str]]:
    """The attributes with personal data as they are without it, and those to remove: the account leaves its index."""
    setting: Item = {"intent": _encoded(transfer.intent), "fingerprint": transfer.fingerprint}
    if transfer.creator_hash:
        setting["creatorHash"] = transfer.creator_hash
    return setting, ["account", "createdBy"]


def changing(transfer: Transfer) -> Item:
    """The attributes that every write sets. DOKU's reference is absent until it is known: its index is sparse."""
    return {
        "status": str(transfer.status),
        "externalIds": list(transfer.external_ids),
        "history": history.encode(transfer),
        **({"referenceNo": transfer.doku_reference_no} if transfer.doku_reference_no else {}),
        **({"failedPublished": True} if transfer.failed_published else {}),
    }


def due(transfer: Transfer, shards: int) -> Item:
    """The attributes of the sparse `due` index; none if no check is to come."""
    if transfer.next_check_at is None:
        return {}
    return {"dueShard": shard(transfer.partner_reference_no, shards), "nextCheckAt": transfer.next_check_at}


def is_newer(item: Mapping[str, Any]) -> bool:
    """True if a newer version of this software wrote the item with a schema unknown to this one."""
    return bool(item["schema"] > SCHEMA)


def decode(item: Mapping[str, Any]) -> Transfer:
    """The item's transfer. If the schema is newer, the history is empty and the stored status is used."""
    newer, external_ids = is_newer(item), tuple(item.get("externalIds", ()))
    return Transfer(
        intent=_intent(item),
        fingerprint=item.get("fingerprint", ""),
        created_at=item["createdAt"],
        external_ids=external_ids,
        history=() if newer else tuple(history.decode(item["history"], item["createdAt"], external_ids)),
        next_check_at=item.get("nextCheckAt"),
        fee=Rupiah.parse(item["fee"]) if "fee" in item else None,
        version=item["version"],
        created_by=item.get("createdBy", ""),
        creator_hash=item.get("creatorHash", ""),
        sent_to=_account(item.get("sentTo")),
        origin=item.get("origin", ""),
        failed_published=item.get("failedPublished", False),
        newer_status=item["status"] if newer else "",
        status_version=item.get("statusVersion", item["version"]),
    )


def _encoded(intent: Intent) -> Item:
    """The non-empty fields but those that the item has as keys. True stands for what follows from other fields.

    `ref` repeats the reference for the event pipe, whose input template cannot take it out of `pk`.
    """
    stored: Item = {short: getattr(intent, name) for name, short in _INTENT.items()}
    stored["ref"] = intent.partner_reference_no
    stored["amount"] = str(intent.amount)
    if (stored["first"], stored["last"]) == _names(intent.beneficiary_account_name):
        stored |= {"first": True, "last": ""}
    if stored["phone"] == stored["customer"]:
        stored["phone"] = True
    return {short: value for short, value in stored.items() if value != ""}


def _intent(item: Mapping[str, Any]) -> Intent:
    stored = dict(item["intent"])
    if stored.get("first") is True:
        stored["first"], stored["last"] = _names(stored.get("name", ""))
    if stored.get("phone") is True:
        stored["phone"] = stored.get("customer", "")
    texts = {name: stored[short] for name, short in _INTENT.items() if short in stored}
    texts.setdefault("customer_number", "")  # erased
    amount, account = Rupiah.parse(stored["amount"]), item.get("account", "")
    return Intent(reference(item["pk"]), beneficiary_account_number=account, amount=amount, **texts)


def _names(account_name: str) -> tuple[str, str]:
    """First and last name as most transfers have them; part of the schema, so it never changes."""
    first, _, last = account_name.partition(" ")
    return first, last or first


def _account(stored: Sequence[str] | None) -> DokuAccount | None:
    return None if stored is None else DokuAccount(*stored)


def _sent_to(account: DokuAccount) -> list[str]:
    return [account.host, account.client_id, account.path_prefix]
