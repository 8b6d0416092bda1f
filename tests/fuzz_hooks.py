"""Makes some of the requests meet what only the bank knows, so that hostile ones get behind the first checks."""

import re
from typing import Any

import schemathesis


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
        usual["amount"] = {"value": "10000.00", "currency": "IDR"}
    return usual


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _is_amount(value: Any) -> bool:
    """Whether it is one by the document's pattern."""
    if not isinstance(value, dict) or value.keys() != {"value", "currency"}:
        return False
    return value["currency"] == "IDR" and re.fullmatch(r"[1-9][0-9]{0,15}\.[0-9]{2}", _text(value["value"])) is not None
