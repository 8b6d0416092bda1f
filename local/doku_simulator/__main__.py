"""`python -m local.doku_simulator`: the simulator by itself, until Ctrl-C."""

import argparse
import json
import signal
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import local.doku_simulator as package
from local.clock import Clock
from local.doku_simulator import Settings, Simulator
from local.doku_simulator.settings import CHOICES


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    arguments = _parser().parse_args()
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock(arguments.clock_file or Path(folder, "clock"))
        with Simulator(_settings(arguments), clock=clock) as simulator:
            print(f"DOKU simulator on {simulator.url}, control API below {simulator.url}/_simulator", flush=True)
            stopping.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.doku_simulator",
        description="A DOKU payout API of our own, with its own deposit and ledger.",
        epilog=package.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001, help="0 for any free port (default: %(default)s)")
    parser.add_argument(
        "--secret-file",
        type=Path,
        help="JSON {clientId, clientSecret, privateKey (PEM, only its public half is used), agentKey, notificationKey}",
    )
    parser.add_argument("--public-key", type=Path, help="PEM file; instead of the secret file's key")
    parser.add_argument("--deposit", default="1000000000.00")
    parser.add_argument("--clock-file", type=Path, help="share the clock with the rest of the local stack")
    parser.add_argument("--notification-url", default="", help="base; /unpaid and /refund are added")
    parser.add_argument("--notification-signature", choices=CHOICES["notification_signature"], default="aes-ecb")
    parser.add_argument("--balance-shape", choices=CHOICES["balance_shape"], default="docs")
    parser.add_argument("--strict", action="store_true", help="transfer: demand what newer pages call required")
    return parser


def _settings(arguments: argparse.Namespace) -> Settings:
    names = ("host", "port", "deposit", "notification_url", "notification_signature", "balance_shape", "strict")
    rest: dict[str, Any] = {name: getattr(arguments, name) for name in names}
    if arguments.secret_file is None:
        settings = Settings(**rest)
    else:
        settings = Settings.from_secret(json.loads(arguments.secret_file.read_text()), **rest)
    if arguments.public_key is not None:
        settings = replace(settings, public_key=arguments.public_key.read_text())
    if not settings.public_key:
        print("no public key is registered (--secret-file or --public-key): every token will be refused", flush=True)
    return settings


if __name__ == "__main__":
    main()
