"""The status of a transfer, derived from its history: from DOKU's answers and operators' decisions alone.

Observations are ordered by causality (`Observation.asked`, `Observation.seq`), never by clocks. Statuses
from status checks decide; the answer to the transfer request is a sign of life until a status check is answered.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cached_property

from payouts.domain.observation import Finding, Observation, Source


class Status(StrEnum):
    """The status of a transfer."""

    SUBMITTING = "SUBMITTING"
    """Stored. DOKU has answered nothing yet."""
    IN_DOUBT = "IN_DOUBT"
    """DOKU was asked to pay and gave no clear answer, or has no record of it: the money may still move."""
    ACCEPTED = "ACCEPTED"
    """DOKU took the request. Not paid yet."""
    UNPAID = "UNPAID"
    """DOKU is working on it. Not paid yet."""
    SUCCESS = "SUCCESS"
    """Paid, by DOKU's status check."""
    FAILED = "FAILED"
    """Not paid: by DOKU's status check, because DOKU executed no request, or inferred after days without a record."""
    DISPUTED = "DISPUTED"
    """DOKU contradicts itself or a published status. A person must clarify it."""
    REFUNDED = "REFUNDED"
    """The money came back to the balance."""


class NextAction(StrEnum):
    """What the merchant should do next. Follows from the history alone."""

    NONE = "NONE"
    WAIT = "WAIT"
    """Status checks go on. Do not pay again."""
    ASK_DOKU = "ASK_DOKU"
    """Status checks do not settle it. Ask DOKU; do not pay again."""
    TOP_UP = "TOP_UP"
    """Not paid for lack of funds. Top up the balance, then pay under a new reference."""
    CORRECT_AND_RESEND = "CORRECT_AND_RESEND"
    """Not paid, or paid back. Correct the cause, then pay under a new reference."""
    SETTLE = "SETTLE"
    """Contradictory. Ask DOKU and record the outcome; do not pay again."""


PAY_AGAIN = frozenset({NextAction.TOP_UP, NextAction.CORRECT_AND_RESEND})
"""Next actions that allow another payment."""
NOT_ACKNOWLEDGED = frozenset({Status.SUBMITTING, Status.IN_DOUBT})
"""DOKU has never confirmed that it has such a transfer."""
ENDED = frozenset({Status.SUCCESS, Status.FAILED, Status.REFUNDED})
"""Statuses of transfers that are no longer open. Such a status may still not be final: see `Reading.is_final`."""
RETURNED = frozenset({Status.FAILED, Status.REFUNDED})
"""Statuses of transfers whose amount may have come back. DOKU's words say whether it has."""
LIFE = frozenset({Finding.ACCEPTED, Finding.UNPAID})
"""DOKU has the transfer; it is neither paid nor failed."""
_WORDS = frozenset({Finding.UNPAID, Finding.SUCCESS, Finding.FAILED, Finding.REFUNDED})
_UNEXECUTED = frozenset({Finding.REFUSED, Finding.NOT_SENT})
_ANSWERED = frozenset({Finding.IN_DOUBT, Finding.NOT_FOUND})
_CHECK_ANSWERS = frozenset({Finding.UNPAID, Finding.SUCCESS, Finding.FAILED, Finding.REFUNDED, Finding.NOT_FOUND})
"""What a status check finds if DOKU answers it."""
_ENDS = frozenset({Finding.SUCCESS, Finding.FAILED, Finding.REFUNDED})
PERSISTENT = 3
"""Status checks that say the same before a person is asked to act: one alone may lag behind."""
_LACK_OF_FUNDS = frozenset({"4034314"})


class Reading:
    """A history, evaluated. `failed_published`: FAILED was stored before, so the merchant may have acted on it."""

    def __init__(
        self, history: Sequence[Observation], external_ids: Sequence[str], failed_published: bool, session_id: str = ""
    ) -> None:
        self._history = history
        self._external_ids = external_ids
        self._failed_published = failed_published
        self._session_id = session_id

    @cached_property
    def status(self) -> Status:
        """The status by the first rule that matches."""
        if Finding.REFUNDED in self._said:
            return Status.REFUNDED
        if self.verdict is not None:
            return Status.DISPUTED if self._contradicts(self.verdict) else Status(self.verdict.finding)
        if len(_references(self._history, self._session_id)) > 1 or {Finding.SUCCESS, Finding.FAILED} <= self._said:
            return Status.DISPUTED
        if self._failed_published:
            return Status.DISPUTED if self._failure_is_contradicted else Status.FAILED
        if Finding.SUCCESS in self._said:
            return Status.SUCCESS
        if self.tip & LIFE:
            return Status.UNPAID if Finding.UNPAID in self.tip else Status.ACCEPTED
        if self.tip or self._is_unexecuted or self._found(Finding.NOT_RECEIVED):
            return Status.FAILED
        return Status.IN_DOUBT if any(self._found(finding) for finding in _ANSWERED) else Status.SUBMITTING

    @cached_property
    def is_final(self) -> bool:
        """True if no answer or notification contradicts the status. A refund may still follow a payment."""
        is_questioned = self.status is Status.SUCCESS and self._is_payment_in_question
        return self.status in ENDED and not is_questioned and not self.contradicting_notifications

    @cached_property
    def next_action(self) -> NextAction:
        """What the merchant should do next."""
        match self.status:
            case Status.DISPUTED:
                return NextAction.SETTLE
            case Status.SUCCESS | Status.FAILED | Status.REFUNDED if not self.is_final:
                persists = self._is_persistently_contradicted or self._is_persistently_in_question
                return NextAction.ASK_DOKU if persists else NextAction.WAIT
            case Status.SUCCESS:
                return NextAction.NONE
            case Status.FAILED if self._lacked_funds:
                return NextAction.TOP_UP
            case Status.FAILED | Status.REFUNDED:
                return NextAction.CORRECT_AND_RESEND
            case _:
                return NextAction.ASK_DOKU if self._checks_cannot_settle else NextAction.WAIT

    @cached_property
    def tip(self) -> frozenset[Finding | str]:
        """Findings of DOKU's answers that no later question has superseded: what DOKU may say now."""
        return frozenset(word.finding for word in self._present)

    @cached_property
    def verdict(self) -> Observation | None:
        """An operator's latest decision."""
        decisions = (seen for seen in self._history if seen.source is Source.OPERATOR)
        return max(decisions, key=lambda seen: seen.seq, default=None)

    @cached_property
    def decided_by(self) -> Observation | None:
        """The observation behind the status; the latest if several agree."""
        if self.verdict is not None and self.status.value == self.verdict.finding:
            return self.verdict
        match self.status:
            case Status.DISPUTED:
                return max(self._disputing(), key=lambda seen: seen.seq, default=None)
            case Status.FAILED:
                wanted = frozenset({Finding.FAILED}) if Finding.FAILED in self.tip else self._failure_without_word
            case Status.IN_DOUBT:
                wanted = frozenset({Finding.NOT_FOUND if self._found(Finding.NOT_FOUND) else Finding.IN_DOUBT})
            case status:
                wanted = frozenset({Finding(status)})
        return next(
            (seen for seen in reversed(self._history) if seen.finding in wanted and not _is_verdict(seen)), None
        )

    @cached_property
    def first_decided(self) -> Observation | None:
        """The first observation with the finding of `decided_by`; schedules count from it."""
        decided = self.decided_by
        if decided is None:
            return None
        alike = (seen for seen in self._history if (seen.finding, seen.source) == (decided.finding, decided.source))
        return next(alike) if not _is_verdict(decided) else decided

    @cached_property
    def contradicting_notifications(self) -> tuple[Observation, ...]:
        """Notifications that claim another outcome than the status. A later decision of an operator settles them.

        A claim that DOKU is working on it contradicts a failure that no status check has stated.
        """
        if self.status not in ENDED or self.is_refunded_by_doku:
            return ()
        against = {end for end in _ENDS if end.value != self.status.value}
        if self.lacks_word:
            against.add(Finding.UNPAID)
        return tuple(seen for seen in self.since_decision if seen.claim in against)

    @cached_property
    def is_refunded_by_doku(self) -> bool:
        """True if a status check said REFUNDED. An operator may have decided it without DOKU's word."""
        return Finding.REFUNDED in self._said

    @cached_property
    def lacks_word(self) -> bool:
        """True if the money counts as unpaid or returned, but no status check says so."""
        if self.status is Status.REFUNDED:
            return not self.is_refunded_by_doku
        return self.status is Status.FAILED and Finding.FAILED not in self.tip

    @cached_property
    def is_inferred(self) -> bool:
        """True if FAILED rests on the absence of any record alone."""
        return self._found(Finding.NOT_RECEIVED) and Finding.FAILED not in self._said and not self._is_unexecuted

    @cached_property
    def has_sign_of_life(self) -> bool:
        """True if an answer or a notification shows that DOKU has the transfer."""
        return bool(self._words) or self._found(Finding.NOTIFIED)

    def missing(self) -> list[Observation]:
        """The status checks that found no record, oldest first."""
        return [seen for seen in self._history if seen.finding is Finding.NOT_FOUND]

    @cached_property
    def last_check(self) -> Observation | None:
        """The latest status check, by the version that recorded it."""
        return next((seen for seen in reversed(self._history) if seen.source is Source.STATUS_CHECK), None)

    @cached_property
    def _words(self) -> list[Observation]:
        checked = [s for s in self._history if s.source is Source.STATUS_CHECK and s.finding in _WORDS]
        return checked or [s for s in self._history if s.source is Source.SUBMIT and s.finding in LIFE]

    @cached_property
    def _present(self) -> list[Observation]:
        if not self._words:
            return []
        latest_question = max(word.asked for word in self._words)
        return [word for word in self._words if word.seq > latest_question]

    @cached_property
    def _is_payment_in_question(self) -> bool:
        """DOKU's present word is not a payment. A person's decision answers only the words recorded before it."""
        if self.verdict is None:
            return self.tip != {Finding.SUCCESS}
        return any(word.finding is not Finding.SUCCESS and word in self.since_decision for word in self._present)

    @cached_property
    def _is_persistently_in_question(self) -> bool:
        """True if several status checks since the payment say that DOKU is still working on it."""
        if self.status is not Status.SUCCESS or not self._is_payment_in_question:
            return False
        paid = [index for index, seen in enumerate(self._history) if seen.finding is Finding.SUCCESS]
        since = [seen for seen in self._history[paid[-1] :] if seen.source is Source.STATUS_CHECK]
        return sum(seen.finding in LIFE for seen in since) >= PERSISTENT

    @cached_property
    def _said(self) -> set[Finding | str]:
        return {word.finding for word in self._words}

    @cached_property
    def since_decision(self) -> Sequence[Observation]:
        """What was recorded since the operator's latest decision; everything if there is none."""
        return self._history if self.verdict is None else self._history[self._history.index(self.verdict) :]

    def _contradicts(self, decision: Observation) -> bool:
        """A sign of life does not contradict a payment: DOKU's status may lag behind what its support said."""
        later = {word.finding for word in self._words if word in self.since_decision} - {decision.finding}
        if decision.finding is Finding.SUCCESS:
            later -= LIFE
        known = _references(self._history[: self._history.index(decision)], self._session_id)
        return bool(later) or bool(known and _references(self.since_decision, self._session_id) - known)

    @cached_property
    def _failure_is_contradicted(self) -> bool:
        claims = {seen.claim for seen in self._history if seen.finding is Finding.NOTIFIED}
        return bool(self.tip - {Finding.FAILED}) or (self.is_inferred and bool(claims - {Finding.FAILED}))

    @cached_property
    def _is_unexecuted(self) -> bool:
        refused = {seen.external_id for seen in self._history if seen.finding in _UNEXECUTED}
        return bool(self._external_ids) and refused.issuperset(self._external_ids)

    @cached_property
    def _failure_without_word(self) -> frozenset[Finding]:
        return frozenset({Finding.NOT_RECEIVED}) if self.is_inferred else _UNEXECUTED

    @cached_property
    def _lacked_funds(self) -> bool:
        decided = self.decided_by
        return decided is not None and bool(_LACK_OF_FUNDS & {decided.code, *dict(decided.details).values()})

    @cached_property
    def _is_persistently_contradicted(self) -> bool:
        return any(
            sum(check.asked >= claimed.seq and check.finding != claimed.claim for check in self._checks) >= PERSISTENT
            for claimed in self.contradicting_notifications
        )

    @cached_property
    def _checks_cannot_settle(self) -> bool:
        other_account = self.last_check is not None and self.last_check.code == OTHER_ACCOUNT
        return other_account or (self.status is Status.IN_DOUBT and len(self.missing()) >= PERSISTENT)

    @cached_property
    def _checks(self) -> list[Observation]:
        """Status checks that DOKU answered."""
        return [s for s in self._history if s.source is Source.STATUS_CHECK and s.finding in _CHECK_ANSWERS]

    def _disputing(self) -> Iterator[Observation]:
        """Observations that may contradict each other: DOKU's answers and notifications."""
        return (seen for seen in self._history if seen in self._words or seen.finding is Finding.NOTIFIED)

    def _found(self, finding: Finding) -> bool:
        return any(seen.finding is finding for seen in self._history)


OTHER_ACCOUNT = "OTHER_ACCOUNT"
"""Code of a status check that was not made: the transfer was sent with another host, client id or path prefix."""


def _references(seen: Iterable[Observation], session_id: str) -> set[str]:
    """DOKU's references in its answers. One that repeats the session names no transfer."""
    answers = (one for one in seen if one.source in (Source.SUBMIT, Source.STATUS_CHECK))
    return {one.reference_no for one in answers} - {"", session_id}


def _is_verdict(seen: Observation) -> bool:
    return seen.source is Source.OPERATOR
