"""Cold starts: init of each built function, compared with boto3 and one client, and with the function without bytecode.

Measures processor time in fresh processes of the runtime's Python. The processes take turns, so that other load on the
machine affects all alike. Files are in the page cache; Lambda adds the time to fetch and unpack the artefact.
"""

import os
import platform
import statistics
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import cold_starts
from benchmarks.child_process import ROOT
from benchmarks.cold_starts import FUNCTIONS, ColdStart, Measured
from benchmarks.first_events import FirstEvents
from local.engines.java_engine import NotAvailable
from local.stack import LocalStack
from tools.build import python
from tools.build.artefact import Artefact, directory

_ROUNDS, _QUICK_ROUNDS, _FIRST_ROUNDS = 11, 5, 5
_PLAIN = "plain "

Starts = Mapping[str, ColdStart]


def run(console: Console) -> Mapping[str, float]:
    """Build for this machine, measure, print. QUICK in the environment means fewer rounds. Raises NotAvailable."""
    try:
        interpreter = python.find()
    except python.NotFound as error:
        raise NotAvailable(str(error)) from None
    artefact = _built()
    with tempfile.TemporaryDirectory() as folder, LocalStack(concurrency=1) as stack:
        environments = {name: stack.deployment.environment(name) for name in FUNCTIONS.values()}
        handlers = Path(folder) / "handlers"
        ours = cold_starts.built(artefact, interpreter, environments)
        reference = cold_starts.reference(artefact, interpreter, environments["StatusPollerFunction"], handlers)
        bare = cold_starts.without_bytecode(artefact, Path(folder) / "plain")
        plain = {_PLAIN + name: start for name, start in cold_starts.built(bare, interpreter, environments).items()}
        inits = _inits({**reference, **ours, **plain}, _QUICK_ROUNDS if os.environ.get("QUICK") else _ROUNDS, console)
        firsts = _firsts({**ours, "bare": reference["bare"]}, FirstEvents(stack), console)
    console.print(_table(inits, firsts))
    return _figures(inits)


def _built() -> Artefact:
    architecture = "x86_64" if platform.machine() in ("x86_64", "AMD64") else "arm64"
    made = subprocess.run(["make", "build", f"ARCH={architecture}"], cwd=ROOT, capture_output=True, text=True)
    if made.returncode:
        raise NotAvailable(f"the artefact cannot be built: {made.stderr.strip() or made.stdout.strip()}")
    return Artefact.read(directory(architecture))


def _inits(starts: Starts, rounds: int, console: Console) -> dict[str, list[Measured]]:
    """Measure every start once a round."""
    measured: dict[str, list[Measured]] = {name: [] for name in starts}
    for start in starts.values():
        start.measure()  # loads the files into the page cache
    for _ in track(range(rounds), "init", console=console, transient=True):
        for name, start in starts.items():
            measured[name].append(start.measure())
    return measured


def _firsts(starts: Starts, events: FirstEvents, console: Console) -> dict[str, list[Measured]]:
    """Measure init and a first invocation, against the local AWS and the simulator."""
    measured: dict[str, list[Measured]] = {name: [] for name in starts}
    for _ in track(range(_FIRST_ROUNDS), "first invocation", console=console, transient=True):
        for name, start in starts.items():
            found = start.measure(*events.of(name))
            events.check(name, found.answers)
            measured[name].append(found)
    return measured


def _figures(inits: Mapping[str, Sequence[Measured]]) -> dict[str, float]:
    ratios = {f"cold_ratio_{name}": _ratio(inits[name], inits["bare"]) for name in FUNCTIONS}
    speedups = {f"cold_speedup_{name}": _ratio(inits[_PLAIN + name], inits[name]) for name in FUNCTIONS}
    return {**ratios, **speedups, "cold_ratio_eager": _ratio(inits["eager"], inits["bare"])}


def _ratio(these: Sequence[Measured], those: Sequence[Measured]) -> float:
    """The median of the ratios by round: within a round, both have the same conditions."""
    return statistics.median(this.init / that.init for this, that in zip(these, those, strict=True))


def _init(measured: Sequence[Measured]) -> float:
    return statistics.median(each.init for each in measured)


def _table(inits: Mapping[str, Sequence[Measured]], firsts: Mapping[str, Sequence[Measured]]) -> Table:
    rounds = f"median of {len(inits['bare'])} rounds, of {_FIRST_ROUNDS} for the first call after init"
    table = Table(title="Cold starts in milliseconds of processor time", caption=rounds)
    for column in ("", "init", "ratio", "no .pyc", "gain", "first", "both"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for name in ("bare", *FUNCTIONS, "eager"):
        init, plain = _init(inits[name]), inits.get(_PLAIN + name)
        cells = [f"{init:.0f}", f"{_ratio(inits[name], inits['bare']):.2f}"]
        cells += [f"{_init(plain):.0f}", f"{_ratio(plain, inits[name]):.2f} x"] if plain else ["", ""]
        if name in firsts:
            first = statistics.median(each.invocations[0] for each in firsts[name])
            cells += [f"{first:.0f}", f"{init + first:.0f}"]
        table.add_row("boto3, one client" if name == "bare" else name, *cells)
    return table
