"""A client for the control API, for tests, the demo and people at a prompt."""

import json
from typing import Any

import requests

from local.doku_simulator.auth import Request
from local.doku_simulator.control_api import PREFIX, control
from local.doku_simulator.world import World

_TIMEOUT_SECONDS = 120  # `advance` waits for every notification that came due


class ControlError(Exception):
    """The simulator refused a control request; the message says why."""


class Control:
    """The control API of the simulator at `url`. Every method raises ControlError when it is refused.

    `world`: that of a simulator in this process, which is then asked without a socket.
    """

    def __init__(self, url: str, world: World | None = None) -> None:
        self._base = f"{url.rstrip('/')}{PREFIX}"
        self._world = world

    def health(self) -> dict[str, Any]:
        """{"status": "ok", "now": epoch seconds}."""
        return self.call("GET", "/health")

    def ledger(self) -> dict[str, Any]:
        """The books: deposit, debits, transfers, requests, tokenRequests, notifications."""
        return self.call("GET", "/ledger")

    def now(self) -> float:
        """The simulator's time, epoch seconds."""
        return float(self.call("GET", "/clock")["now"])

    def advance(self, seconds: float) -> float:
        """Move the clock, wait until everything that came due is delivered, and return the new time."""
        return float(self.call("POST", "/clock", {"advanceSeconds": seconds})["now"])

    def fault(self, operation: str, kind: str, **options: Any) -> None:
        """Order a fault; options are named as in the control API (times, partnerReferenceNo, seconds ...)."""
        self.call("POST", "/faults", {"operation": operation, "kind": kind, **options})

    def faults(self) -> list[dict[str, Any]]:
        """The faults still waiting."""
        return list(self.call("GET", "/faults")["faults"])

    def heal(self) -> None:
        """Clear all faults and let go of what hold-after holds."""
        self.call("DELETE", "/faults")

    def deposit(self, value: str) -> None:
        """Set the deposit, "1000.00"."""
        self.call("POST", "/deposit", {"value": value})

    def account(self, bank: str, number: str, name: str | None) -> None:
        """Register an account's holder; None for an account that does not exist."""
        known = {"exists": False} if name is None else {"name": name}
        self.call("POST", "/accounts", {"bankCode": bank, "accountNumber": number, **known})

    def expire_tokens(self) -> None:
        """Make every token issued so far invalid."""
        self.call("POST", "/tokens/expire")

    def settings(self, **switches: Any) -> dict[str, Any]:
        """Change switches and return all of them."""
        return self.call("POST", "/settings", switches)

    def rotate(self, **secrets: str) -> None:
        """Replace clientSecret, publicKey, agentKey or notificationKey."""
        self.call("POST", "/secret", secrets)

    def send_notification(self, kind: str, **options: Any) -> list[dict[str, Any]]:
        """Send one now and return the attempts; transactionId or partnerReferenceNo says about what."""
        return list(self.call("POST", "/notifications/send", {"kind": kind, **options})["sent"])

    def reset(self) -> None:
        """Back to the beginning; the clock goes on."""
        self.call("POST", "/reset")

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Any control by its method and path below /_simulator."""
        if self._world is not None:
            return _called(self._world, method, path, body)
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, self._base + path, json=body, timeout=_TIMEOUT_SECONDS)
        result: dict[str, Any] = answer.json()
        if not answer.ok:
            raise ControlError(result["error"])
        return result


def _called(world: World, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    sent = b"" if body is None else json.dumps(body).encode()
    answer = control(world, Request(method, PREFIX + path, {}, sent))
    result: dict[str, Any] = json.loads(answer.body)
    if answer.status != 200:
        raise ControlError(result["error"])
    return result
