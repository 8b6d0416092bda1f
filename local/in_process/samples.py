"""Sample input: the events in events/, and the transfer of DOKU's sample request."""

import copy
import itertools
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from local.aws import bundle, template
from local.gateway.api import Router

ROOT = Path(__file__).parents[2]
_numbers = itertools.count(1)


def sample_event(name: str) -> dict[str, Any]:
    """A copy of the event events/NAME.json."""
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return copy.deepcopy(event)


@cache
def _router() -> Router:
    parameters = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}
    return Router(bundle.read(template.load(ROOT / "template.yaml", parameters)).routes)


def route_key(method: str, path: str) -> str:
    """The route key that API Gateway finds for a path."""
    found = _router().find(method, path)
    return found[0].key if found else f"{method} /v1/{{proxy+}}"


def new_reference() -> str:
    """A partnerReferenceNo that is unique in this process."""
    return f"PAY-{next(_numbers):06d}"


_OF_AN_INQUIRY = (
    "customerNumber",
    "beneficiaryAccountNumber",
    "beneficiaryBankCode",
    "beneficiaryAccountName",
    "amount",
)


def inquiry_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The account inquiry for a transfer request."""
    return {name: body[name] for name in _OF_AN_INQUIRY}


def order(**changes: Any) -> dict[str, Any]:
    """DOKU's sample transfer request with a new reference. `changes` replace fields; None removes one."""
    body: dict[str, Any] = {
        "partnerReferenceNo": new_reference(),
        "customerNumber": "628115678890",
        "beneficiaryAccountNumber": "8377388292",
        "beneficiaryBankCode": "014",
        "beneficiaryAccountName": "SUHUT",
        "amount": {"value": "200000.00", "currency": "IDR"},
        "senderFirstName": "JOHN",
        "senderLastName": "DOE",
        "senderPersonalId": "89012345",
        "senderPersonalIdType": "KTP",
        "remark": "Remark test",
    }
    body |= changes
    return {name: value for name, value in body.items() if value is not None}
