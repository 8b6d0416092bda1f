"""DOKU's answers about each transfer in causal order, kept apart from the product's own history.

A word counts once the invocation that heard it has written to the transfer, or has ended without a failed write. It
supersedes the words that had been recorded when its question left. The order is that of the model's steps, not what
the product stores of it.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

from payouts.domain.transfer import Finding, Source, Status, Transfer
from tests.verification.model.doku import Answer, reference_no

_CLAIMS = {"50": Finding.SUCCESS, "35": Finding.FAILED, "20": Finding.UNPAID, "40": Finding.REFUNDED}
_ENOUGH = 6
"""Largest count of answers without a record; the rule of absence needs no more."""


class Missing(NamedTuple):
    """Answers that found no record: how many, and the true times at which the first and the last were given."""

    times: int = 0
    first: int = 0
    last: int = 0


class Heard(NamedTuple):
    """Of one transfer."""

    words: tuple[tuple[int, Finding], ...] = ()
    """What may be DOKU's present word, each with the version that recorded it."""
    checked: bool = False
    """A status check has spoken. Until then the answer to the transfer request counts."""
    references: frozenset[str] = frozenset()
    """DOKU's references."""
    claims: frozenset[str] = frozenset()
    """Notifications that no decision of an operator has settled."""
    settled: frozenset[str] = frozenset()
    missing: Missing = Missing()
    published: bool = False
    """The status FAILED was stored."""
    verdict: tuple[int, Status] | None = None
    """The latest decision of an operator, and the version that recorded it."""

    @property
    def present(self) -> frozenset[Finding]:
        """What may be DOKU's present word."""
        return frozenset(word for _, word in self.words)

    @property
    def claimed(self) -> frozenset[Finding]:
        """What unsettled notifications claim."""
        return frozenset(claim_of(message) for message in self.claims)


class Pending(NamedTuple):
    """An answer that an invocation has and did not record yet. `asked`: the version when its question left."""

    slot: int
    reference: str
    word: Finding | None
    reference_no: str
    asked: int
    at: int
    submitted: bool


class Oracle(NamedTuple):
    """All that was said, and all that is still to be recorded."""

    heard: tuple[tuple[str, Heard], ...] = ()
    pending: tuple[Pending, ...] = ()

    def of(self, reference: str) -> Heard:
        """What is known of one transfer."""
        return dict(self.heard).get(reference, Heard())

    def answered(self, slot: int, reference: str, answer: Answer, asked: int, at: int, submitted: bool) -> "Oracle":
        """An invocation got an answer."""
        if answer.word is None and not answer.reference_no:
            return self
        fresh = Pending(slot, reference, answer.word, answer.reference_no, asked, at, submitted)
        return self._replace(pending=(*self.pending, fresh))

    def wrote(self, slot: int, before: Transfer | None, after: Transfer, message: str) -> "Oracle":
        """An invocation wrote a transfer. `message`: the notification that it is about; empty for none."""
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

    def ended(self, slot: int, version_of: Callable[[str], int]) -> "Oracle":
        """An invocation ended, and what it heard needed no write."""
        oracle = self
        for reference in {one.reference for one in self.pending if one.slot == slot}:
            oracle = oracle._with(reference, oracle._recorded(slot, reference, version_of(reference)))
        return oracle.dropped(slot)

    def dropped(self, slot: int, reference: str = "") -> "Oracle":
        """An invocation died, or could not write: what it heard is lost."""
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
    heard = heard._replace(references=frozenset(references))
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
    """What a queued notification claims."""
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
