"""Account inquiry, which DOKU requires before a transfer, and balance inquiry."""

import time
from collections.abc import Callable

from payouts.doku import responses
from payouts.doku.client import DokuClient, NoTimeLeft
from payouts.doku.messages import InquiryRequest
from payouts.doku.outcomes import Outcome, glossary
from payouts.doku.time_limits import TABLE_SECONDS, Remaining, unlimited
from payouts.doku.transport import NeverSent
from payouts.domain.doku_said import DokuSaid
from payouts.domain.errors import PayoutError, Refused, RefusedEarly, Unavailable
from payouts.services.request_budget import free
from payouts.store.inquiry_sessions import SESSION_SECONDS, InquirySession, InquirySessions

_TOO_LATE = "too little time was left to ask DOKU; nothing was sent. Send the same request again"
_NOT_CLEAR = "DOKU gave no clear answer"
_OF_RECIPIENT = frozenset({"request", "beneficiary", "bank", "limit"})
"""Causes of refusals that are about the account, the bank, the amount or a field."""


class DokuQueries:
    """Asks DOKU about accounts and the merchant's balance.

    `take` takes requests to DOKU from the API's share, `take_spare` one that leaves a part of it to transfers.

    Raises PayoutError. `remaining` is the time that the caller has.
    """

    def __init__(
        self,
        doku: DokuClient,
        sessions: InquirySessions,
        clock: Callable[[], float] = time.time,
        take: Callable[[int], None] = free,
        take_spare: Callable[[], None] = free,
    ) -> None:
        self._doku = doku
        self._sessions = sessions
        self._clock = clock
        self._take = take
        self._take_spare = take_spare

    def ask(self, request: InquiryRequest, remaining: Remaining = unlimited) -> responses.Inquiry:
        """Inquire an account. The session of the answer is not stored, and the caller has taken the request."""
        inquiry = responses.inquiry(_accepted(self._doku.inquire, request, remaining))
        if inquiry is None:
            raise Unavailable("DOKU's account inquiry named no session or no account holder; send it again")
        return inquiry

    def account(
        self, request: InquiryRequest, remaining: Remaining = unlimited
    ) -> tuple[responses.Inquiry, InquirySession]:
        """Inquire an account, and store the session for one later transfer."""
        self._take(1)
        inquiry = self.ask(request, lambda: remaining() - TABLE_SECONDS)
        session = session_of(request, inquiry, self._clock())
        self._sessions.save(session)
        return inquiry, session

    def balance(self, remaining: Remaining = unlimited) -> responses.Balance:
        """The merchant's balance at DOKU."""
        self._take_spare()
        return responses.balance(_accepted(self._doku.balance, lambda: remaining() - TABLE_SECONDS))


def session_of(request: InquiryRequest, inquiry: responses.Inquiry, now: float) -> InquirySession:
    """The session of an answered inquiry, valid for an hour from `now` (seconds since the epoch)."""
    return InquirySession(
        session_id=inquiry.session_id,
        account_number=request.beneficiary_account_number,
        bank_code=request.beneficiary_bank_code,
        amount=request.amount,
        account_name=inquiry.account_name,
        fee=inquiry.fee,
        expires_at=int(now) + SESSION_SECONDS,
    )


def _accepted(ask: Callable[..., responses.DokuResponse], *arguments: object) -> responses.DokuResponse:
    try:
        answer = ask(*arguments)
    except NoTimeLeft as error:
        raise RefusedEarly(_TOO_LATE) from error
    except NeverSent as error:
        raise Unavailable(f"DOKU cannot be reached ({error}); send the same request again") from error
    if answer.outcome is not Outcome.ACCEPTED:
        raise refusal(answer)
    return answer


def refusal(answer: responses.DokuResponse) -> PayoutError:
    """The error for a question that DOKU refused, by the catalogue's advice. A question moves no money."""
    from payouts.codes.advice import advise  # not at the top: no cold start should pay for the catalogue
    from payouts.codes.models import Retry, Scope

    said = DokuSaid(answer.verdict.code, answer.verdict.message)
    advice = advise(Scope.QUESTION, answer.outcome, answer.verdict.cause)
    reason = f"DOKU answered {said.code} {said.message}".rstrip() if said.code else said.message or _NOT_CLEAR
    return Refused(
        code=advice.answer,
        http_status=int(glossary()[advice.answer]["http"]),
        retryable=advice.retry is Retry.SAME_REFERENCE,
        message=f"{reason}. {advice.next_step}",
        doku=said,
        of_recipient=answer.outcome is Outcome.NOT_FOUND or answer.verdict.cause in _OF_RECIPIENT,
    )
