"""Runs of invocations. An invocation and its answers so far identify a run; each run is executed once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from tests.verification.model.outside import Given, Outside, Request, Suspended

P_contra = TypeVar("P_contra", contravariant=True)


class Runnable(Protocol[P_contra]):
    """An invocation of real code, built of these parts."""

    @property
    def actor(self) -> str:
        """Prefix of its X-EXTERNAL-IDs."""

    @property
    def clock_ahead(self) -> int:
        """Milliseconds by which the clock of its machine is ahead."""

    def run(self, outside: Outside, parts: P_contra) -> Any:
        """Run the code. Raises Suspended at a call without an answer."""


P = TypeVar("P")
I = TypeVar("I", bound=Runnable[Any])  # noqa: E741


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of an invocation: its result or exception."""

    result: Any


class Runs(Generic[I, P]):
    """All runs so far, by number."""

    def __init__(self, parts: P) -> None:
        self._parts = parts
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._steps: list[tuple[int | None, I, Given]] = []
        self._began: list[int] = []
        self._next: list[Request | Ended | None] = []

    def begin(self, invocation: I, now: int) -> int:
        """Start an invocation. Returns its run, without answers."""
        return self._number((invocation, now), (None, invocation, Given(now, "begin")))

    def go_on(self, run: int, given: Given, key: Any) -> int:
        """The run after one more answer; `key` identifies the answer's value."""
        return self._number((run, given.at, given.kind, key), (run, self._steps[run][1], given))

    def invocation(self, run: int) -> I:
        """The invocation of a run."""
        return self._steps[run][1]

    def began(self, run: int) -> int:
        """Start time of a run, in milliseconds."""
        return self._began[run]

    def first_answer(self, run: int) -> Any:
        """The value of a run's first answer."""
        return list(self._given(run))[-2].value

    def answers(self, run: int) -> list[Given]:
        """The run's answers, the latest first."""
        return list(self._given(run))

    def next(self, run: int) -> Request | Ended:
        """The next call of a run, or its end."""
        known = self._next[run]
        if known is None:
            known = self._next[run] = self._run(run)
        return known

    def __len__(self) -> int:
        return len(self._steps)

    def _number(self, key: tuple[Any, ...], step: tuple[int | None, I, Given]) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._steps)
            self._steps.append(step)
            self._began.append(step[2].at if step[0] is None else self._began[step[0]])
            self._next.append(None)
        return number

    def _run(self, run: int) -> Request | Ended:
        invocation = self.invocation(run)
        given = list(self._given(run))[::-1]
        try:
            return Ended(invocation.run(Outside(given, invocation.actor, invocation.clock_ahead), self._parts))
        except Suspended as suspended:
            return suspended.request
        except Exception as error:  # the result of this run, which the invariants check
            return Ended(error.with_traceback(None))

    def _given(self, run: int | None) -> Iterator[Given]:
        while run is not None:
            run, _, given = self._steps[run]
            yield given
