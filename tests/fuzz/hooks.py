"""Fill in values that only the bank knows, so that hostile requests get past the first checks."""

import itertools
import os
import re
from collections import deque
from collections.abc import Mapping
from typing import Any

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

_API, _TOKEN = os.environ.get("FUZZ_API", ""), os.environ.get("FUZZ_TOKEN", "")
_USUAL = {"beneficiaryAccountName": "SUHUT", "amount": {"value": "10000.00", "currency": "IDR"}}
_NEEDED = {"customerNumber": "628115678890", "beneficiaryAccountNumber": "8377388292", "beneficiaryBankCode": "014"}
_numbers = itertools.count(1)
_asked: deque[dict[str, Any]] = deque(maxlen=50)
"""The latest transfers that were well-formed, to ask for again."""


@schemathesis.hook  # type: ignore[untyped-decorator]
def before_call(context: Any, case: Any, **_: Any) -> None:
    """Of the transfers that the document allows, half name an inquiry's session, and a third come a second time."""
    if context.operation.label != "POST /v1/transfers" or not _is_allowed(case):
        return
    match len(str(case.body)) % 6:
        case 0 | 1 if _asked:
            case.body = _asked.popleft()
        case 2 | 3 | 4:
            case.body = _with_session(case.body)
            _asked.append(case.body)


def _is_allowed(case: Any) -> bool:
    body = case.meta and case.meta.components.get(ParameterLocation.BODY)
    return isinstance(case.body, dict) and bool(body and body.mode.is_positive)


def _with_session(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with what it lacks, for a usual amount, naming an inquiry made for it; or as it was if there is none."""
    nested = body.get("additionalInfo") or {}
    given = {name: value for name, value in {**nested, **body}.items() if value is not None}
    needed = {**{name: given.get(name, usual) for name, usual in _NEEDED.items()}, **_USUAL}
    headers = {"Authorization": f"Bearer {_TOKEN}"}
    answer = requests.post(f"{_API}/v1/account-inquiries", json=needed, headers=headers, timeout=30)
    if not answer.ok:
        return dict(body)
    reference = given.get("partnerReferenceNo", f"FUZZ-{next(_numbers)}")
    said = {**body, **needed, "partnerReferenceNo": reference, "sessionId": answer.json()["sessionId"]}
    said["additionalInfo"] = {name: value for name, value in nested.items() if name not in said}
    return said


@schemathesis.hook  # type: ignore[untyped-decorator]
def map_body(context: Any, body: Any) -> Any:
    """Half of the bodies that name the account's holder name the one that the simulator knows, and a usual amount.

    Only what is well-formed is replaced: schemathesis remembers what it broke, and waits for it to be refused.
    """
    if not isinstance(body, dict) or len(str(body)) % 2:
        return body
    usual = dict(body)
    if re.fullmatch(r"[A-Za-z ]{1,40}", _text(body.get("beneficiaryAccountName"))):
        usual["beneficiaryAccountName"] = "SUHUT"
    if _is_amount(body.get("amount")):
        usual["amount"] = _USUAL["amount"]
    return usual


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _is_amount(value: Any) -> bool:
    """Whether it is one by the document's pattern."""
    if not isinstance(value, dict) or value.keys() != {"value", "currency"}:
        return False
    return value["currency"] == "IDR" and re.fullmatch(r"[1-9][0-9]{0,15}\.[0-9]{2}", _text(value["value"])) is not None
