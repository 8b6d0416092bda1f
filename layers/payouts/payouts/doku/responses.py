"""DOKU's answers: nothing unknown is dropped, nothing missing is invented, nothing ambiguous is believed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payouts.doku.outcomes import Classification, Outcome, Service, classify, text
from payouts.doku.transport import HttpResponse
from payouts.domain.money import Rupiah


@dataclass(frozen=True, slots=True)
class DokuResponse:
    """An answer classified, with all that it said."""

    verdict: Classification
    body: Mapping[str, Any] = field(default_factory=dict)
    crossed: bool = False
    """True if DOKU answered another request: the answer says nothing of this one."""

    @property
    def outcome(self) -> Outcome:
        """What it means."""
        return self.verdict.outcome


def read(service: Service, reply: HttpResponse) -> DokuResponse:
    """Classify a reply. Never raises for anything that can arrive."""
    body = _parse(reply.body)
    return DokuResponse(classify(service, reply.http_status, body), body or {})


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises ValueError for a name that comes twice: JSON does not define which value counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What the bank says of an account. `fee` is None where DOKU did not state one."""

    session_id: str
    reference_no: str
    account_name: str
    bank_name: str
    fee: Rupiah | None
    additional: Mapping[str, Any]


def inquiry(answer: DokuResponse) -> Inquiry | None:
    """The accepted inquiry, or None where it lacks the session or the bank's name for the account."""
    body, additional = answer.body, members(answer.body.get("additionalInfo"))
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
    """The deposit. An amount that DOKU did not state is None."""

    account_no: str
    name: str
    available: Rupiah | None
    held: Rupiah | None
    alert_limit: Rupiah | None


def balance(answer: DokuResponse) -> Balance:
    """The balance, whether accountInfos is an object or a list and however availableBalance is spelt."""
    infos = answer.body.get("accountInfos")
    account = members(infos[0] if isinstance(infos, list) and infos else infos)
    additional = members(answer.body.get("additionalInfo"))
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


def members(value: object) -> Mapping[str, Any]:
    """A JSON object, or none of its members where it is something else."""
    return value if isinstance(value, dict) else {}


def _writable(additional: Mapping[str, Any]) -> Mapping[str, Any]:
    """What may be passed on as JSON: NaN as text, half a surrogate pair replaced, nothing nested too deeply."""
    try:
        written = json.dumps(additional, ensure_ascii=False).encode("utf-8", "replace")
        found: dict[str, Any] = json.loads(written, parse_constant=str)
    except RecursionError:
        return {}
    return found
