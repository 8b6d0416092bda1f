"""The real handlers in this process, over moto's server and the simulator, on a clock that the test moves.

Nothing of ours is replaced. Faults come from where they come from in life: the simulator breaks DOKU, and hooks on
botocore's own events break AWS or kill the process.
"""

from tests.support.faults import PAGES, Crash, Page, crashing
from tests.support.invocation import Answer, Context, InProcess
from tests.support.samples import ROOT, inquiry_of, new_reference, order, sample_event
from tests.support.world import World

__all__ = [
    "PAGES",
    "ROOT",
    "Answer",
    "Context",
    "Crash",
    "InProcess",
    "Page",
    "World",
    "crashing",
    "inquiry_of",
    "new_reference",
    "order",
    "sample_event",
]
