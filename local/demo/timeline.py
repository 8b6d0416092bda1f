"""Prints a transfer's history as a table."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from local.demo.stage import Stage

_COLOURS = {"SUCCESS": "green", "FAILED": "red", "IN_DOUBT": "yellow", "NOT_FOUND": "yellow", "REFUNDED": "magenta"}


def show_transfer(stage: Stage, reference: str) -> None:
    """Print the transfer's timeline."""
    show(stage.console, stage.get(reference))


def show(console: Console, transfer: dict[str, Any]) -> None:
    """Print the transfer's observations with the time since its creation, and its status."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    created = datetime.fromisoformat(transfer["createdAt"])
    for seen in transfer["history"]:
        finding, at = seen["finding"], datetime.fromisoformat(seen["at"])
        colour = _COLOURS.get(finding, "cyan")
        words = " ".join(filter(None, (seen.get("code"), seen.get("message"), seen.get("referenceNo"))))
        source = seen["source"].lower().replace("_", " ")
        table.add_row("   ", f"[dim]{_since((at - created).total_seconds())}", f"[{colour}]{finding}", source, words)
    console.print(table, highlight=False)
    status = transfer["status"]
    reference = transfer["partnerReferenceNo"]
    console.print(f"    {reference} is [{_COLOURS.get(status, 'cyan')}]{status}[/]", highlight=False)


def _since(seconds: float) -> str:
    if seconds < 60:
        return f"+{seconds:.2f} s"
    minutes = seconds / 60
    return f"+{minutes:.1f} min" if minutes < 120 else f"+{minutes / 60:.1f} h"
