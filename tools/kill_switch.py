"""Stop new transfers, or accept them again. Status checks, notifications, replays and reports continue."""

import time
from datetime import datetime

from doku_signing.timestamps import WIB
from payouts.services.kill_switch import MAX_AGE
from payouts.store.kill_switch import KillSwitchStore, Turned
from tools.deployment import find

_SECONDS = int(MAX_AGE)


def turn(env: str, stopped: bool, by: str, reason: str) -> None:
    """Set the switch of a deployment and print its state."""
    deployment = find(env)
    turned = Turned(stopped, by, reason, int(time.time() * 1000))
    store = KillSwitchStore(deployment.table())
    before, changed = store.read(), store.turn(turned)
    was_so = before is not None and before.stopped == stopped
    print(f"in {deployment.name}, {_format_change(turned, changed, was_so)}")
    show(env)


def show(env: str) -> None:
    """Print the state of the switch."""
    deployment = find(env)
    print(f"in {deployment.name}, {_format_state(KillSwitchStore(deployment.table()).read())}")


def _format_change(turned: Turned, changed: bool, was_so: bool) -> str:
    if not changed:
        return "nothing was changed: the switch was set so already"
    if was_so:
        return "the switch was set so already; name and reason are updated"
    if turned.stopped:
        return f"new transfers stop within {_SECONDS} seconds; status checks of existing transfers continue"
    return f"new transfers are accepted within {_SECONDS} seconds, unless the parameter AcceptTransfers is false"


def _format_state(turned: Turned | None) -> str:
    if turned is None:
        return "new transfers are accepted; they were never stopped"
    at = datetime.fromtimestamp(turned.at / 1000, WIB).strftime("%Y-%m-%d %H:%M:%S WIB")
    state = "new transfers are STOPPED" if turned.stopped else "new transfers are accepted"
    return f"{state}: by {turned.by} at {at}" + (f", {turned.reason}" if turned.reason else "")
