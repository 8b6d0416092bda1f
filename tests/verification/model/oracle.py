"""DOKU's answers about each transfer in causal order, independent of the product's history.

An answer counts once the invocation that got it has written to the transfer, or has ended without a failed write. It
supersedes the answers that were recorded when its question was sent. The order is that of the model's steps, not the
order that the product stores.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from payouts.domain.transfer import Finding, Source, Status, Transfer
from tests.verification.model.doku import Answer, reference_no

_CLAIMS = {"50": Finding.SUCCESS, "35": Finding.FAILED, "20": Finding.UNPAID, "40": Finding.REFUNDED}
_ENOUGH = 6
"""Maximum count of answers without a record, which is enough for the rule of absence."""


class Missing(NamedTuple):
    """Answers without a record: their number, and the true times of the first and the last."""

    times: int = 0
    first: int = 0
    last: int = 0


class Heard(NamedTuple):
    """DOKU's answers and the events of one transfer."""

    words: tuple[tuple[int, Finding], ...] = ()
    """The answers that may be DOKU's latest, each with the version that recorded it."""
    checked: bool = False
    """True after a status check's answer. Until then the answer to the transfer request counts."""
    references: frozenset[str] = frozenset()
    """DOKU's references."""
    claims: frozenset[str] = frozenset()
    """Claims of notifications since the latest decision of an operator."""
    settled: frozenset[str] = frozenset()
    missing: Missing = Missing()
    checked_at: int = 0
    """True time of the latest answer to a status check that was recorded or needed no write."""
    published: bool = False
    """True after the status FAILED was stored."""
    verdict: tuple[int, Status] | None = None
    """The latest decision of an operator, and the version that recorded it."""

    @property
    def present(self) -> frozenset[Finding]:
        """The findings that may be DOKU's latest."""
        return frozenset(word for _, word in self.words)

    @property
    def claimed(self) -> frozenset[Finding]:
        """The claims of unsettled notifications."""
        return frozenset(claim_of(message) for message in self.claims)


class Pending(NamedTuple):
    """An answer that is not recorded yet. `asked` is the version when the question was sent."""

    slot: int
    reference: str
    word: Finding | None
    reference_no: str
    asked: int
    at: int
    submitted: bool


class Oracle(NamedTuple):
    """All recorded answers, and those still to be recorded."""

    heard: tuple[tuple[str, Heard], ...] = ()
    pending: tuple[Pending, ...] = ()

    def of(self, reference: str) -> Heard:
        """The answers and events of one transfer."""
        return dict(self.heard).get(reference, Heard())

    def answered(self, slot: int, reference: str, answer: Answer, asked: int, at: int, submitted: bool) -> "Oracle":
        """The oracle after an invocation got an answer."""
        if answer.word is None and not answer.reference_no:
            return self
        fresh = Pending(slot, reference, answer.word, answer.reference_no, asked, at, submitted)
        return self._replace(pending=(*self.pending, fresh))

    def wrote(self, slot: int, before: Transfer | None, after: Transfer, message: str) -> "Oracle":
        """The oracle after an invocation wrote a transfer. `message` is its notification; empty without one."""
        heard = self._recorded(slot, after.partner_reference_no, after.version)
        if message:
            heard = heard._replace(claims=heard.claims | ({message} - heard.settled))
        decisions = [seen for seen in after.history if seen.source is Source.OPERATOR]
        if decisions and (before is None or decisions[-1] not in before.history):
            settled = heard.settled | heard.claims
            verdict = (after.version, Status(str(decisions[-1].finding)))
            heard = heard._replace(verdict=verdict, claims=frozenset(), settled=settled)
        heard = heard._replace(published=heard.published or after.status is Status.FAILED)
        return self._with(after.partner_reference_no, heard).dropped(slot, after.partner_reference_no)

    def last_answer(self, slot: int, reference: str) -> int:
        """True time of the latest answer about a transfer that is recorded, or that this invocation has."""
        own = [one.at for one in self.pending if (one.slot, one.reference) == (slot, reference) and not one.submitted]
        return max(self.of(reference).checked_at, *own, 0)

    def ended(self, slot: int, version_of: Callable[[str], int]) -> "Oracle":
        """The oracle after an invocation ended whose answers needed no write."""
        oracle = self
        for reference in {one.reference for one in self.pending if one.slot == slot}:
            oracle = oracle._with(reference, oracle._recorded(slot, reference, version_of(reference)))
        return oracle.dropped(slot)

    def dropped(self, slot: int, reference: str = "") -> "Oracle":
        """The oracle after an invocation crashed or could not write, which loses its answers."""
        kept = tuple(one for one in self.pending if one.slot != slot or reference not in ("", one.reference))
        return self._replace(pending=kept) if len(kept) != len(self.pending) else self

    def _recorded(self, slot: int, reference: str, version: int) -> Heard:
        heard = self.of(reference)
        for one in self.pending:
            if (one.slot, one.reference) == (slot, reference):
                heard = _hear(heard, one, version)
        return heard

    def _with(self, reference: str, heard: Heard) -> "Oracle":
        return self._replace(
            heard=tuple(sorted({**dict(self.heard), reference: heard}.items(), key=lambda one: one[0]))
        )


def _hear(heard: Heard, said: Pending, version: int) -> Heard:
    references = heard.references | ({said.reference_no} if said.reference_no else set())
    checked_at = heard.checked_at if said.submitted else max(heard.checked_at, said.at)
    heard = heard._replace(references=frozenset(references), checked_at=checked_at)
    if said.word is Finding.NOT_FOUND:
        missing = heard.missing
        times = min(missing.times + 1, _ENOUGH)
        return heard._replace(missing=Missing(times, missing.first or said.at, max(missing.last, said.at)))
    if said.word is None or (said.submitted and heard.checked):
        return heard
    kept = [one for one in heard.words if one[0] > said.asked] if heard.checked or said.submitted else []
    words = tuple(sorted({*kept, (version, said.word)}))
    return heard._replace(words=words, checked=heard.checked or not said.submitted)


def claim_of(message: str) -> Finding:
    """The claim of a queued notification."""
    return _read(message)[1]


def transfer_of(message: str) -> str:
    """The partnerReferenceNo of the transfer that a queued notification is about."""
    number = _read(message)[0]
    return number.removeprefix(reference_no(""))


@cache
def _read(message: str) -> tuple[str, Finding]:
    queued = json.loads(message)
    body: Mapping[str, str] = json.loads(queued["body"])
    return body["transactionId"], Finding.REFUNDED if queued["kind"] == "refund" else _CLAIMS[body["transactionStatus"]]
