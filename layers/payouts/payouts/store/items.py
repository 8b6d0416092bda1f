"""Converts a transfer to a DynamoDB item and back."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from doku_signing.timestamps import WIB
from payouts.domain.money import Rupiah
from payouts.domain.transfer import DokuAccount, Finding, Intent, Observation, Source, Transfer
from payouts.store.codec import Item

SCHEMA = 1
"""The item's schema. An item of a newer schema is shown but never changed: a rewrite could damage it.

Every schema keeps `pk`, `schema`, `version`, `status`, `createdAt`, `intent`, `nextCheckAt` and `dueShard` as they are.
"""
DAY_SHARDS = 4
"""Partitions of a day in the `by-day` index that are read. One takes the writes of some 300 transfers a second."""
WRITTEN_DAY_SHARDS = 4
"""Partitions that transfers are written to. An increase takes two releases, as with `due_index.WRITTEN_SHARDS`."""
_INTENT = tuple(each.name for each in fields(Intent))
_OBSERVATION = tuple(each.name for each in fields(Observation) if each.name not in ("details", "extra"))


def key(reference: str) -> str:
    """The `pk` of a transfer."""
    return f"TRANSFER#{reference}"


def reference(pk: str) -> str:
    """The partnerReferenceNo of a `pk`."""
    return pk.removeprefix(key(""))


def day(at: int) -> str:
    """The day in WIB of a time in milliseconds, as `2024-09-17`."""
    return datetime.fromtimestamp(at / 1000, WIB).date().isoformat()


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
        "intent": {**_compact(transfer.intent, _INTENT), "amount": str(transfer.intent.amount)},
        "fingerprint": transfer.fingerprint,
        "createdAt": transfer.created_at,
        "day": day_partition(day(transfer.created_at), shard(transfer.partner_reference_no, WRITTEN_DAY_SHARDS)),
        "account": transfer.intent.beneficiary_account_number,
        **({"fee": str(transfer.fee)} if transfer.fee else {}),
        **({"createdBy": transfer.created_by} if transfer.created_by else {}),
        **({"sentTo": _sent_to(transfer.sent_to)} if transfer.sent_to else {}),
    }


def changing(transfer: Transfer) -> Item:
    """The attributes that every write sets. DOKU's reference is absent until it is known: its index is sparse."""
    return {
        "status": str(transfer.status),
        "externalIds": list(transfer.external_ids),
        "history": [_encoded(seen) for seen in transfer.history],
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
    intent = {**item["intent"], "amount": Rupiah.parse(item["intent"]["amount"])}
    newer = is_newer(item)
    return Transfer(
        intent=Intent(**{name: value for name, value in intent.items() if name in _INTENT}),
        fingerprint=item.get("fingerprint", ""),
        created_at=item["createdAt"],
        external_ids=tuple(item.get("externalIds", ())),
        history=() if newer else tuple(_observation(seen) for seen in item["history"]),
        next_check_at=item.get("nextCheckAt"),
        fee=Rupiah.parse(item["fee"]) if "fee" in item else None,
        version=item["version"],
        created_by=item.get("createdBy", ""),
        sent_to=_account(item.get("sentTo")),
        failed_published=item.get("failedPublished", False),
        newer_status=item["status"] if newer else "",
        status_version=item.get("statusVersion", item["version"]),
    )


def _account(stored: Mapping[str, str] | None) -> DokuAccount | None:
    return None if stored is None else DokuAccount(stored["host"], stored["clientId"], stored["pathPrefix"])


def _sent_to(account: DokuAccount) -> Item:
    return {"host": account.host, "clientId": account.client_id, "pathPrefix": account.path_prefix}


def _encoded(seen: Observation) -> Item:
    details = {"details": dict(seen.details)} if seen.details else {}
    return {**seen.extra, **_compact(seen, _OBSERVATION), **details}


def _observation(seen: Mapping[str, Any]) -> Observation:
    """An observation of any version: an unknown finding or source stays as it was written."""
    known = {name: value for name, value in seen.items() if name in _OBSERVATION}
    return Observation(
        **{
            **known,
            "finding": _enum_or_text(Finding, seen["finding"]),
            "source": _enum_or_text(Source, seen["source"]),
            "details": tuple(seen.get("details", {}).items()),
            "extra": {name: value for name, value in seen.items() if name not in (*_OBSERVATION, "details")},
        }
    )


def _enum_or_text(kind: type[Finding] | type[Source], text: str) -> str:
    return kind(text) if text in kind.__members__ else text


def _compact(value: Intent | Observation, names: Iterable[str]) -> Item:
    """The non-empty fields. Unlike `asdict`, this does not copy each value; the values are immutable."""
    values = ((name, getattr(value, name)) for name in names)
    return {name: str(each) if isinstance(each, str) else each for name, each in values if each != ""}
