"""What the operators' commands print: text for people, JSON for programs."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

_STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red", "skipped": "dim"}


def print_json(value: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_error(error: Exception | str) -> None:
    """Print to standard error."""
    print(error, file=sys.stderr)


def print_verdict(verdict: str, text: str) -> None:
    """Print a line that begins with a verdict, which is coloured on a terminal. Long lines stay whole."""
    line = Text.assemble((f"{verdict:8}", _STYLES.get(verdict, "")), f" {text}")
    Console(highlight=False, soft_wrap=True).print(line)
    sys.stdout.flush()
