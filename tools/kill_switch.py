"""Stop new transfers at once, or take them again. Everything else goes on: checks, callbacks, replays, reports."""

import argparse
import getpass
import sys
import time
from datetime import datetime

from doku_signing.timestamps import WIB
from payouts.domain.errors import PayoutError
from payouts.services.kill_switch import MAX_AGE
from payouts.store.kill_switch import KillSwitchStore, Turned
from tools.deployment import NoSuchDeployment, add_option, find

_SECONDS = int(MAX_AGE)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when the deployment can't be reached."""
    parser = argparse.ArgumentParser(prog="python -m tools.kill_switch", description=__doc__)
    add_option(parser)
    parser.add_argument("action", choices=["stop", "start", "show"])
    parser.add_argument("--by", default=getpass.getuser(), help="your name, kept until the next time")
    parser.add_argument("--reason", default="", help="why; kept, and not shown to callers")
    options = parser.parse_args(arguments)
    try:
        target = find(options.env)
        store = KillSwitchStore(target.table())
        if options.action != "show":
            turned = Turned(options.action == "stop", options.by, options.reason, int(time.time() * 1000))
            print(f"in {target.name}, {_told(turned, changed=store.turn(turned))}")
        print(f"in {target.name}, {_shown(store.read())}")
    except (NoSuchDeployment, PayoutError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _told(turned: Turned, changed: bool) -> str:
    if not changed:
        return "it was so already; nothing was changed"
    if turned.stopped:
        return f"new transfers stop within {_SECONDS} seconds; what was sent is still asked about"
    return f"new transfers are taken again within {_SECONDS} seconds, unless the parameter AcceptTransfers is false"


def _shown(turned: Turned | None) -> str:
    if turned is None:
        return "new transfers are taken; nobody has ever stopped them here"
    at = datetime.fromtimestamp(turned.at / 1000, WIB).strftime("%Y-%m-%d %H:%M:%S WIB")
    state = "new transfers are STOPPED" if turned.stopped else "new transfers are taken"
    return f"{state}: by {turned.by} at {at}" + (f", {turned.reason}" if turned.reason else "")


if __name__ == "__main__":
    sys.exit(main())
