"""A payroll's burst: 100,000 transfers offered in ten minutes, and a slow DOKU that limits its requests.

The real API handler and the real poller run on a virtual clock, with the template's limits, a table in memory and a
DOKU in memory that executes truthfully. The figures are about rates and outcomes, not about the speed of the machine.
"""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.child_process import ChildProcess

_FIGURES = ("transfers", "accepted", "refused_early", "lost", "failed_wrongly", "paid_twice", "429", "final_minutes")
_ZERO = ("lost", "failed_wrongly", "paid_twice")


def run(console: Console) -> Mapping[str, float]:
    """Simulate in a process of its own. Raises RuntimeError if a transfer was lost, paid twice or reported wrongly."""
    child = ChildProcess("benchmarks.burst.simulation")
    try:
        found = child.receive()
    finally:
        child.close()
    console.print(_table(found))
    if wrong := {name: found[name] for name in _ZERO if found[name]} | found["unexpected"]:
        raise RuntimeError(f"the burst did harm: {wrong}")
    return {f"burst_{name}": found[name] for name in _FIGURES}


def _table(found: Mapping[str, Any]) -> Table:
    table = Table(title="Burst of ten minutes; DOKU answers in 0.5 to 14 s", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    rows = {
        "transfers offered": found["transfers"],
        "accepted": found["accepted"],
        "of these, after at least one refusal": found["accepted_after_retries"],
        "refused early until the end": found["refused_early"],
        "requests refused early": _counts(found["refusals"]),
        "lost, failed wrongly, paid twice": ", ".join(str(found[name]) for name in _ZERO),
        "statuses in the end": _counts(found["statuses"]),
        "DOKU's requests": _counts(found["requests"]),
        "99 % final, all final, minutes": f"{found['nearly_final_minutes']:,.0f}, {found['final_minutes']:,.0f}",
        "invocations of the API at once, at most": found["most_at_once"],
        "invocations ended by their time-out": _counts(found["timed_out"]),
    }
    for label, value in rows.items():
        table.add_row(label, f"{value:,}" if isinstance(value, int) else str(value))
    return table


def _counts(counts: Mapping[str, int]) -> str:
    return "\n".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
