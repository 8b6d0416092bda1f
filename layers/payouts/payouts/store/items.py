"""A transfer as a DynamoDB item, and back."""

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
"""Of the item. One of a newer schema is shown and never changed: half-understood, it would be damaged.

Every schema keeps `pk`, `schema`, `version`, `status`, `createdAt`, `intent`, `nextCheckAt` and `dueShard` as they are.
"""
_INTENT = tuple(member.name for member in fields(Intent))
_OBSERVATION = tuple(member.name for member in fields(Observation) if member.name not in ("details", "extra"))


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
    return {"pk": key(transfer.partner_reference_no), "day": day(transfer.created_at), "createdAt": transfer.created_at}


def shard(reference: str, shards: int) -> str:
    """The partition of the `due` index that a transfer belongs to."""
    return str(zlib.crc32(reference.encode()) % shards)


def fixed(transfer: Transfer) -> Item:
    """The attributes that never change."""
    return {
        "pk": key(transfer.partner_reference_no),
        "schema": SCHEMA,
        "intent": {**_compact(transfer.intent, _INTENT), "amount": str(transfer.intent.amount)},
        "fingerprint": transfer.fingerprint,
        "createdAt": transfer.created_at,
        "day": day(transfer.created_at),
        **({"fee": str(transfer.fee)} if transfer.fee else {}),
        **({"createdBy": transfer.created_by} if transfer.created_by else {}),
        **({"sentTo": _sent_to(transfer.sent_to)} if transfer.sent_to else {}),
    }


def changing(transfer: Transfer) -> Item:
    """The attributes that every write sets. DOKU's reference is there only once it is known: its index is sparse."""
    return {
        "status": str(transfer.status),
        "externalIds": list(transfer.external_ids),
        "history": [_encoded(seen) for seen in transfer.history],
        **({"referenceNo": transfer.doku_reference_no} if transfer.doku_reference_no else {}),
        **({"failedPublished": True} if transfer.failed_published else {}),
    }


def due(transfer: Transfer, shards: int) -> Item:
    """The attributes of the sparse `due` index; none where nothing is expected any more."""
    if transfer.next_check_at is None:
        return {}
    return {"dueShard": shard(transfer.partner_reference_no, shards), "nextCheckAt": transfer.next_check_at}


def is_newer(item: Mapping[str, Any]) -> bool:
    """True if a newer version of this software wrote the item in a form that this one does not know."""
    return bool(item["schema"] > SCHEMA)


def decode(item: Mapping[str, Any]) -> Transfer:
    """The transfer of an item. One of a newer schema has no history here and the status that is stored."""
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
    )


def _account(stored: Mapping[str, str] | None) -> DokuAccount | None:
    return None if stored is None else DokuAccount(stored["host"], stored["clientId"], stored["pathPrefix"])


def _sent_to(account: DokuAccount) -> Item:
    return {"host": account.host, "clientId": account.client_id, "pathPrefix": account.path_prefix}


def _encoded(seen: Observation) -> Item:
    details = {"details": dict(seen.details)} if seen.details else {}
    return {**seen.extra, **_compact(seen, _OBSERVATION), **details}


def _observation(seen: Mapping[str, Any]) -> Observation:
    """An observation of any version: a finding or source that is not known here stays as it was written."""
    known = {name: value for name, value in seen.items() if name in _OBSERVATION}
    return Observation(
        **{
            **known,
            "finding": _member(Finding, seen["finding"]),
            "source": _member(Source, seen["source"]),
            "details": tuple(seen.get("details", {}).items()),
            "extra": {name: value for name, value in seen.items() if name not in (*_OBSERVATION, "details")},
        }
    )


def _member(kind: type[Finding] | type[Source], text: str) -> str:
    return kind(text) if text in kind.__members__ else text


def _compact(value: Intent | Observation, names: Iterable[str]) -> Item:
    """Its fields that are not empty. `asdict` would copy each of them as well, and they never change."""
    members = ((name, getattr(value, name)) for name in names)
    return {name: str(member) if isinstance(member, str) else member for name, member in members if member != ""}
