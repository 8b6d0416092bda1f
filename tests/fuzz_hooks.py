"""Makes some of the requests meet what only the bank knows, so that hostile ones get behind the first checks."""

from typing import Any

import schemathesis


@schemathesis.hook  # type: ignore[untyped-decorator]
def map_body(context: Any, body: Any) -> Any:
    """Half of the bodies that name the account's holder name the one that the simulator knows, and a usual amount."""
    if not isinstance(body, dict) or len(str(body)) % 2:
        return body
    usual = {"beneficiaryAccountName": "SUHUT", "amount": {"value": "10000.00", "currency": "IDR"}}
    return {name: usual.get(name, value) if isinstance(value, str | dict) else value for name, value in body.items()}
