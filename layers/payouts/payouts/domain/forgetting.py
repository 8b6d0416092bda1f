"""Erasing the personal data of a transfer, while amounts, statuses, references and times stay."""

import hashlib
from dataclasses import fields, replace
from typing import Any

from payouts.domain.schedule import DAY
from payouts.domain.transfer import Intent, Transfer

KEPT_DAYS = 30
"""Younger transfers keep their data: claimed sessions last as long, and most refunds come within."""
_KEPT = frozenset({"partner_reference_no", "amount", "beneficiary_bank_code", "session_id", "fee_type", "channel_code"})
_FORGOTTEN: dict[str, Any] = {each.name: "" for each in fields(Intent) if each.name not in _KEPT}


def may_be_forgotten(transfer: Transfer, before: int, now: int) -> bool:
    """True if nothing will need the personal data again: it is final, no check is to come, and it is old enough.

    `before` and `now` in milliseconds. A transfer of a newer version is never changed.
    """
    limit = min(before, now - KEPT_DAYS * DAY)
    return transfer.is_final and transfer.next_check_at is None and transfer.created_at < limit


def forgotten(transfer: Transfer) -> Transfer:
    """The transfer without personal data. Of its fingerprint, a hash of them, only the algorithm's name stays.

    Nothing is paid again: the same request under the same reference is then refused as a different one.
    """
    algorithm, _, _ = transfer.fingerprint.partition(":")
    intent = forgotten_intent(transfer.intent)
    creator = creator_hash(transfer, transfer.created_by) if transfer.created_by else transfer.creator_hash
    return replace(transfer, intent=intent, fingerprint=f"{algorithm}:", created_by="", creator_hash=creator)


def forgotten_intent(intent: Intent) -> Intent:
    """The intent without personal data."""
    return replace(intent, **_FORGOTTEN)


def is_forgotten(transfer: Transfer) -> bool:
    """True if the personal data of the transfer was erased."""
    return transfer.fingerprint.endswith(":")


def creator_hash(transfer: Transfer, subject: str) -> str:
    """SHA-256 of the reference and a creator's `sub`: its creator still finds the transfer, and pays nothing again.

    With the reference in it, the hashes do not show which transfers have the same creator.
    """
    return hashlib.sha256(f"{transfer.partner_reference_no}\n{subject}".encode()).hexdigest()
