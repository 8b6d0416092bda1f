"""DOKU's answers, parsed strictly and classified."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payouts.doku.outcomes import Classification, Outcome, Service, classify, text
from payouts.doku.transport import HttpResponse
from payouts.domain.money import Rupiah


@dataclass(frozen=True, slots=True)
class DokuResponse:
    """A classified answer with its parsed body."""

    verdict: Classification
    body: Mapping[str, Any] = field(default_factory=dict)
    crossed: bool = False
    """True if the answer belonged to another request; its content was dropped."""

    @property
    def outcome(self) -> Outcome:
        """The outcome of the classification."""
        return self.verdict.outcome


def read(service: Service, reply: HttpResponse) -> DokuResponse:
    """Parse and classify a reply. Never raises, whatever the bytes are."""
    body = _parse(reply.body)
    return DokuResponse(classify(service, reply.http_status, body), body or {})


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises ValueError for a duplicate name: JSON does not define which value counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The answer to an account inquiry. `fee` is None if DOKU did not state one."""

    session_id: str
    reference_no: str
    account_name: str
    bank_name: str
    fee: Rupiah | None
    additional: Mapping[str, Any]


def inquiry(answer: DokuResponse) -> Inquiry | None:
    """The inquiry of an accepted answer; None if the session or the account holder's name is missing."""
    body, additional = answer.body, json_object(answer.body.get("additionalInfo"))
    session_id, account_name = _string(body.get("sessionId")), _string(body.get("beneficiaryAccountName"))
    if not session_id or not account_name:
        return None
    return Inquiry(
        session_id=session_id,
        reference_no=text(body.get("referenceNo")),
        account_name=account_name,
        bank_name=text(body.get("beneficiaryBankName")),
        fee=rupiah(additional.get("feeAmount")),
        additional=_writable(additional),
    )


@dataclass(frozen=True, slots=True)
class Balance:
    """The merchant's balance. An amount that DOKU did not state is None."""

    account_no: str
    name: str
    available: Rupiah | None
    held: Rupiah | None
    alert_limit: Rupiah | None


def balance(answer: DokuResponse) -> Balance:
    """The balance. DOKU sends accountInfos as object or list, and spells availableBalance in two ways."""
    infos = answer.body.get("accountInfos")
    account = json_object(infos[0] if isinstance(infos, list) and infos else infos)
    additional = json_object(answer.body.get("additionalInfo"))
    return Balance(
        account_no=text(answer.body.get("accountNo")),
        name=text(answer.body.get("name")),
        available=rupiah(account.get("availableBalance", account.get("avaliableBalance"))),
        held=rupiah(account.get("holdAmount")),
        alert_limit=rupiah(additional.get("creditAlertLimit")),
    )


def rupiah(value: object) -> Rupiah | None:
    """An amount as `{"value": "1.00", "currency": "IDR"}` or plain text; None for anything else."""
    if isinstance(value, dict):
        if value.get("currency", "IDR") != "IDR":
            return None
        value = value.get("value")
    try:
        return Rupiah.parse(text(value))
    except ValueError:
        return None


def _string(value: object) -> str:
    return text(value) if isinstance(value, str) else ""


def json_object(value: object) -> Mapping[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def _writable(additional: Mapping[str, Any]) -> Mapping[str, Any]:
    """A copy that is valid JSON: NaN as text, lone surrogates replaced; empty if it is nested too deeply."""
    try:
        written = json.dumps(additional, ensure_ascii=False).encode("utf-8", "replace")
        found: dict[str, Any] = json.loads(written, parse_constant=str)
    except RecursionError:
        return {}
    return found
