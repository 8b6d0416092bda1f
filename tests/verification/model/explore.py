"""Explores all states of a scenario breadth first, so that the first violation has the shortest trace."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sized
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from tests.verification.model.converge import Convergence
from tests.verification.model.invariants import Violation
from tests.verification.model.machine import Machine, State
from tests.verification.model.parts import Parts
from tests.verification.model.scenario import Budget, Scenario

_PRELUDE = Budget(ticks=99, advances=99, days=99)
S = TypeVar("S", bound=Hashable)
S_contra = TypeVar("S_contra", bound=Hashable, contravariant=True)


class Explorable(Protocol[S]):
    """What is explored: its steps and the check of a state raise Violation. `trying` names the current step."""

    trying: str

    @property
    def runs(self) -> Sized:
        """Runs of real code."""

    def steps(self, state: S) -> Iterator[tuple[str, S]]:
        """Every possible step."""

    def check(self, state: S) -> None:
        """Check the invariants of a state."""


class Converging(Protocol[S_contra]):
    """Continues a state to its end. `most` is the largest number of ticks that was needed."""

    most: int

    def check(self, state: S_contra) -> None:
        """Raise Violation if the end is wrong or is not reached."""


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
    start, prelude = _after_prelude(machine)
    return Exploration(scenario.name, machine, Convergence(machine), start, prelude, progress).run()


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


class Exploration(Generic[S]):
    """Visits all states from `start`. `prelude` lists the steps before it."""

    def __init__(
        self,
        scenario: str,
        machine: Explorable[S],
        convergence: Converging[S],
        start: S,
        prelude: tuple[str, ...] = (),
        progress: Callable[[int], Any] = lambda states: None,
    ) -> None:
        self._scenario = scenario
        self._machine = machine
        self._progress = progress
        self._convergence = convergence
        self._start, self._prelude = start, prelude
        self._depths: dict[S, int] = {self._start: 0}
        self._came_from: dict[S, tuple[S, str]] = {}
        self._transitions = 0

    def run(self) -> Explored:
        """The result."""
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

    def _visit(self, state: S) -> None:
        self._machine.check(state)
        self._convergence.check(state)
        if self._transitions % 4096 == 0:
            self._progress(len(self._depths))

    def _explored(self, last: S, violation: str = "") -> Explored:
        return Explored(
            scenario=self._scenario,
            states=len(self._depths),
            transitions=self._transitions,
            depth=self._depths[last],
            runs=len(self._machine.runs),
            ticks=self._convergence.most,
            violation=violation,
            trace=(*self._prelude, *self._trace(last), self._machine.trying) if violation else (),
        )

    def _trace(self, state: S) -> tuple[str, ...]:
        words: list[str] = []
        while state in self._came_from:
            state, said = self._came_from[state]
            words.append(said)
        return tuple(reversed(words))
