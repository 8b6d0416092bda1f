"""A transfer as a DynamoDB item, and back."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from doku_signing.timestamps import WIB
from payouts.errors import Unavailable
from payouts.money import Rupiah
from payouts.store.attributes import Item
from payouts.transfer import Finding, Intent, Observation, Source, Transfer

SCHEMA = 1
"""Of the item. An item of a newer schema is left alone: half-understood, it would be damaged (FAULTS 30)."""
_INTENT = tuple(member.name for member in fields(Intent))
_OBSERVATION = tuple(member.name for member in fields(Observation))


def key(reference: str) -> str:
    """The `pk` of a transfer."""
    return f"TRANSFER#{reference}"


def reference(pk: str) -> str:
    """The partnerReferenceNo of a `pk`."""
    return pk.removeprefix(key(""))


def day(at: int) -> str:
    """The day in WIB of a time in milliseconds, as `2024-09-17`."""
    return datetime.fromtimestamp(at / 1000, WIB).date().isoformat()


def day_key(transfer: Transfer) -> Item:
    """Where a transfer stands in the `by-day` index."""
    return {"pk": key(transfer.reference), "day": day(transfer.created_at), "createdAt": transfer.created_at}


def shard(reference: str, shards: int) -> str:
    """The partition of the `due` index that a transfer belongs to."""
    return str(zlib.crc32(reference.encode()) % shards)


def fixed(transfer: Transfer) -> Item:
    """The attributes that never change."""
    return {
        "pk": key(transfer.reference),
        "schema": SCHEMA,
        "intent": {**_compact(transfer.intent, _INTENT), "amount": str(transfer.intent.amount)},
        "fingerprint": transfer.fingerprint,
        "createdAt": transfer.created_at,
        "day": day(transfer.created_at),
        **({"fee": str(transfer.fee)} if transfer.fee else {}),
        **({"createdBy": transfer.created_by} if transfer.created_by else {}),
    }


def changing(transfer: Transfer) -> Item:
    """The attributes that every write sets. DOKU's reference is there only once it is known: its index is sparse."""
    return {
        "status": str(transfer.status),
        "externalIds": list(transfer.external_ids),
        "history": [_compact(seen, _OBSERVATION) for seen in transfer.history],
        **({"referenceNo": transfer.reference_no} if transfer.reference_no else {}),
    }


def due(transfer: Transfer, shards: int) -> Item:
    """The attributes of the sparse `due` index; none where nothing is expected any more."""
    if transfer.next_check_at is None:
        return {}
    return {"dueShard": shard(transfer.reference, shards), "nextCheckAt": transfer.next_check_at}


def decode(item: Mapping[str, Any]) -> Transfer:
    """The transfer of an item. Raises Unavailable for one that a newer version wrote."""
    if item["schema"] > SCHEMA:
        raise Unavailable("a newer version of this software wrote this transfer; deploy that version")
    intent = {**item["intent"], "amount": Rupiah.parse(item["intent"]["amount"])}
    next_check_at = item.get("nextCheckAt")
    return Transfer(
        intent=Intent(**{name: value for name, value in intent.items() if name in _INTENT}),
        fingerprint=item["fingerprint"],
        created_at=int(item["createdAt"]),
        external_ids=tuple(item["externalIds"]),
        history=tuple(_observation(seen) for seen in item["history"]),
        next_check_at=None if next_check_at is None else int(next_check_at),
        fee=Rupiah.parse(item["fee"]) if "fee" in item else None,
        version=int(item["version"]),
        created_by=item.get("createdBy", ""),
    )


def _observation(seen: Mapping[str, Any]) -> Observation:
    kept = {name: value for name, value in seen.items() if name in _OBSERVATION}
    values = {**kept, "at": int(seen["at"]), "finding": Finding(seen["finding"]), "source": Source(seen["source"])}
    return Observation(**values)


def _compact(value: Intent | Observation, names: Iterable[str]) -> Item:
    """Its members that are not empty. `asdict` would copy each of them as well, and they never change."""
    members = ((name, getattr(value, name)) for name in names)
    return {name: str(member) if isinstance(member, str) else member for name, member in members if member != ""}
