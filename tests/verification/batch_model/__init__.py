"""Model check of batches: the real code of the worker, the driver and people's decisions, in every order of events."""

from collections.abc import Callable

from tests.verification.batch_model.converge import BatchConvergence
from tests.verification.batch_model.machine import BatchMachine
from tests.verification.batch_model.parts import BatchParts
from tests.verification.batch_model.scenario import BatchScenario, Budget
from tests.verification.model.explore import Exploration, Explored


def explore_batch(
    scenario: BatchScenario,
    parts: BatchParts | None = None,
    budget: Budget | None = None,
    progress: Callable[[int], None] = lambda states: None,
) -> Explored:
    """Visit every state of `scenario` within its budget; stop at the first violation."""
    machine = BatchMachine(scenario, budget or scenario.budget, parts or BatchParts())
    return Exploration(scenario.name, machine, BatchConvergence(machine), machine.start, (), progress).run()
