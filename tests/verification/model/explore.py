"""Explores all states of a scenario breadth first, so that the first violation has the shortest trace."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tests.verification.model.converge import Convergence
from tests.verification.model.invariants import Violation
from tests.verification.model.machine import Machine, State
from tests.verification.model.parts import Parts
from tests.verification.model.scenario import Budget, Scenario

_PRELUDE = Budget(ticks=99, advances=99, days=99)


@dataclass(frozen=True)
class Explored:
    """The result of an exploration. `violation` is empty if all invariants held; `trace` lists the steps to it."""

    scenario: str
    states: int
    transitions: int
    depth: int
    runs: int
    ticks: int
    violation: str = ""
    trace: tuple[str, ...] = ()


def explore(
    scenario: Scenario,
    parts: Parts | None = None,
    budget: Budget | None = None,
    progress: Callable[[int], None] = lambda states: None,
) -> Explored:
    """Visit every state of `scenario` within its budget; stop at the first violation."""
    machine = Machine(scenario, budget or scenario.budget, parts or Parts())
    return _Exploration(machine, progress).run()


def _after_prelude(machine: Machine) -> tuple[State, tuple[str, ...]]:
    """The first state of the exploration, and the steps of the prelude."""
    state, trace = machine.start._replace(budget=_PRELUDE), []
    for actor, choice in machine.scenario.prelude:
        began = state
        while state is began or (actor in machine.names and state.actors[machine.names.index(actor)] >= 0):
            steps = [(words, after) for words, after in machine.steps(state) if words.startswith(actor)]
            words, state = next((step for step in steps if choice in step[0]), steps[0])
            trace.append(words)
    return state._replace(budget=machine.start.budget), tuple(trace)


class _Exploration:
    def __init__(self, machine: Machine, progress: Callable[[int], None]) -> None:
        self._machine = machine
        self._progress = progress
        self._convergence = Convergence(machine)
        self._start, self._prelude = _after_prelude(machine)
        self._depths: dict[State, int] = {self._start: 0}
        self._came_from: dict[State, tuple[State, str]] = {}
        self._transitions = 0

    def run(self) -> Explored:
        frontier, state = deque([self._start]), self._start
        try:
            while frontier:
                state = frontier.popleft()
                self._machine.trying = "here"
                self._visit(state)
                for words, after in self._machine.steps(state):
                    self._transitions += 1
                    if after not in self._depths:
                        self._depths[after] = self._depths[state] + 1
                        self._came_from[after] = (state, words)
                        frontier.append(after)
        except Violation as violation:
            return self._explored(state, str(violation))
        return self._explored(state)

    def _visit(self, state: State) -> None:
        self._machine.check(state)
        self._convergence.check(state)
        if self._transitions % 4096 == 0:
            self._progress(len(self._depths))

    def _explored(self, last: State, violation: str = "") -> Explored:
        return Explored(
            scenario=self._machine.scenario.name,
            states=len(self._depths),
            transitions=self._transitions,
            depth=self._depths[last],
            runs=len(self._machine.runs),
            ticks=self._convergence.most,
            violation=violation,
            trace=(*self._prelude, *self._trace(last), self._machine.trying) if violation else (),
        )

    def _trace(self, state: State) -> tuple[str, ...]:
        words: list[str] = []
        while state in self._came_from:
            state, said = self._came_from[state]
            words.append(said)
        return tuple(reversed(words))
