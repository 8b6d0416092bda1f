"""Notifications of DOKU and of an attacker who intercepted one, through the real receiver."""

from collections.abc import Iterator
from typing import Any

from notification_receiver.receiver import Reply
from tests.verification.model.doku import reference_no
from tests.verification.model.invariants import require
from tests.verification.model.outside import Given, Request
from tests.verification.model.parts import Invocation, Parts, notification_body
from tests.verification.model.runs import Ended, Runs

_CLAIMS = (("unpaid", "50"), ("unpaid", "35"), ("unpaid", "20"), ("refund", "40"))
"""Any of them may have a valid signature, whatever is true: the signature does not cover the body."""


class Notifications:
    """The messages that the receiver queues for each possible notification.

    Each has its own requestId, as if it was intercepted: a known requestId is refused with another body.
    """

    def __init__(self, runs: Runs[Invocation, Parts]) -> None:
        self._runs = runs
        self._kept: dict[tuple[str, int], list[tuple[str, str]]] = {}

    def received(self, reference: str, now: int) -> Iterator[tuple[str, str]]:
        """The description and message of each queued notification. I9: a forged one is refused and not queued."""
        if (reference, now) not in self._kept:
            kept = self._kept[reference, now] = []
            for kind, status in _CLAIMS:
                body = notification_body(kind, reference_no(reference), reference, status)
                self._check_forged(Invocation("forger", kind=kind, body=body), now)
                words = f"a notification with a valid signature says {status}"
                kept.append((words, self._keep(Invocation("doku", kind=kind, body=body), now)))
        yield from self._kept[reference, now]

    def _keep(self, invocation: Invocation, now: int) -> str:
        run = self._runs.begin(invocation, now)
        remembered = self._runs.next(run)
        require(
            isinstance(remembered, Request) and remembered.what == "put" and remembered.pk.startswith("REQUEST#"),
            f"I9: a notification is processed although its requestId is not stored: {remembered}",
        )
        assert isinstance(remembered, Request)
        self._check_remembered(run, dict(remembered.item or {}), now)
        run = self._runs.go_on(run, Given(now, "item"), "remembered")
        asked = self._runs.next(run)
        require(isinstance(asked, Request) and asked.what == "keep", f"I11: a notification is not queued: {asked}")
        assert isinstance(asked, Request)
        answered = self._status(self._runs.go_on(run, Given(now, "kept"), "kept"))
        require(answered == 200, f"a queued notification is answered with {answered}")
        refused = self._status(self._runs.go_on(run, Given(now, "queue down"), "down"))
        require(refused == 503, f"I11: a notification that was not queued is answered with {refused}")
        return asked.body.decode()

    def _check_remembered(self, run: int, item: dict[str, Any], now: int) -> None:
        """A requestId with another body is refused, and one that can't be stored is not accepted."""
        for kind, value, status in (
            ("failed", item | {"digest": "of another body"}, 401),
            ("throttled", None, 503),
            ("lost", None, 503),
        ):
            ended = self._runs.go_on(run, Given(now, kind, value), kind)
            require(isinstance(self._runs.next(ended), Ended), f"I9: the table says {kind}, and it is queued")
            require(self._status(ended) == status, f"I9: the table says {kind}, and the answer is not {status}")

    def _check_forged(self, invocation: Invocation, now: int) -> None:
        run = self._runs.begin(invocation, now)
        require(isinstance(self._runs.next(run), Ended), "I9: a forged notification is queued")
        require(self._status(run) == 401, "I9: a forged notification is not answered with 401")

    def _status(self, run: int) -> int:
        ended = self._runs.next(run)
        require(isinstance(ended, Ended) and isinstance(ended.result, Reply), f"the receiver ended in {ended}")
        assert isinstance(ended, Ended)
        status: int = ended.result.status
        return status
