"""Prepare a transfer: account inquiry or session, name check, and the fields that DOKU demands. Nothing is sent."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from payouts.doku.client import DokuClient
from payouts.doku.messages import InquiryRequest
from payouts.doku.time_limits import LEAST_SECONDS, SEND_SECONDS, TABLE_SECONDS, Remaining
from payouts.domain.account_name import NameMatch, ascii_name, compare_names
from payouts.domain.errors import Mismatch, ValidationFailed
from payouts.domain.money import Rupiah
from payouts.domain.schedule import FIRST_CHECK
from payouts.domain.transfer import Finding, Intent, Observation, Source, Transfer, record
from payouts.services.account_inquiry import DokuQueries, session_of
from payouts.services.request_budget import free
from payouts.services.send_transfer import check_time
from payouts.store.inquiry_sessions import InquirySessions


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """A merchant's request for one transfer. Without `intent.session_id` the account is inquired first."""

    intent: Intent
    fingerprint: str
    """Algorithm and hash of the request's body; see `Transfer.fingerprint`."""
    idempotency_key: str = ""
    """The Idempotency-Key header if the request names a reference as well; bound to that reference (I2)."""
    caller: str = ""
    """`sub` of the caller's token. Stored with the created transfer; not compared in a replay."""
    origin: str = ""
    """The row of a batch that asks for the transfer; empty for a single transfer. A replay has the same."""
    approved_name: str = ""
    """The bank's name that was approved with the batch: the bank must state exactly this one again. Empty if the
    bank's name is compared with the expected one."""


class TransferPreparer:
    """Builds the transfer of a request, ready to be created. Until then everything may fail and be tried again.

    `take` takes requests to DOKU from the API's share, those for inquiry and transfer together: after the inquiry
    nothing is refused for the rate.
    """

    def __init__(
        self,
        sessions: InquirySessions,
        queries: DokuQueries,
        doku: DokuClient,
        clock: Callable[[], float] = time.time,
        take: Callable[[int], None] = free,
    ) -> None:
        self._sessions = sessions
        self._queries = queries
        self._doku = doku
        self._clock = clock
        self._take = take

    def prepare(self, request: TransferRequest, remaining: Remaining) -> Transfer:
        """The transfer of the request, by its session or by an account inquiry. Raises PayoutError.

        Raises RefusedEarly without the time or the rate for everything until the transfer is sent.
        """
        if request.intent.session_id:
            check_time(remaining)
            self._take(1)
            return self._with_session(request)
        check_time(remaining, before=LEAST_SECONDS + TABLE_SECONDS)
        self._take(2)
        return self._with_inquiry(request, remaining)

    def _with_session(self, request: TransferRequest) -> Transfer:
        """Claim the session of an earlier account inquiry. It stays bound to this request, whatever happens next.

        Raises Duplicate for a used session and Mismatch for one that is unknown, expired or of another transfer.
        """
        session = self._sessions.claim(request.intent, request.fingerprint, self._clock())
        return self._build(request, session.account_name, session.fee)

    def _with_inquiry(self, request: TransferRequest, remaining: Remaining) -> Transfer:
        """Inquire the account and claim the inquiry's session. Raises Mismatch for another name, or PayoutError."""
        intent, question = request.intent, inquiry_of(request.intent, self._doku.new_external_id())
        inquiry = self._queries.ask(question, lambda: remaining() - SEND_SECONDS - TABLE_SECONDS)
        if request.approved_name:
            _check_approved(request.approved_name, inquiry.account_name)
        else:
            _check_name(intent.beneficiary_account_name, inquiry.account_name)
        now = self._clock()
        self._sessions.save_claimed(session_of(question, inquiry, now), intent, request.fingerprint, now)
        with_session = replace(request, intent=replace(intent, session_id=inquiry.session_id))
        return self._build(with_session, inquiry.account_name, inquiry.fee)

    def _build(self, request: TransferRequest, account_name: str, fee: Rupiah | None) -> Transfer:
        now, external_id = int(self._clock() * 1000), self._doku.new_external_id()
        transfer = Transfer(
            intent=_completed(request.intent, account_name),
            fingerprint=request.fingerprint,
            created_at=now,
            external_ids=(external_id,),
            next_check_at=now + FIRST_CHECK,
            fee=fee,
            created_by=request.caller,
            origin=request.origin,
        )
        return record(transfer, Observation(now, Finding.SUBMITTING, Source.SUBMIT, external_id=external_id))


def inquiry_of(intent: Intent, reference: str) -> InquiryRequest:
    """The account inquiry about the beneficiary of a transfer."""
    return InquiryRequest(
        partner_reference_no=reference,
        customer_number=intent.customer_number,
        amount=intent.amount,
        beneficiary_account_number=intent.beneficiary_account_number,
        beneficiary_bank_code=intent.beneficiary_bank_code,
        beneficiary_account_name=intent.beneficiary_account_name,
        sender_country_code=intent.sender_country_code,
        channel_code=intent.channel_code,
    )


def _check_name(expected: str, at_bank: str) -> None:
    if compare_names(expected, at_bank) is not NameMatch.EXACT:
        raise Mismatch(
            f'the bank has this account under the name "{at_bank}", not under "{expected}"; nothing was sent. Correct'
            " beneficiaryAccountName, or make an account inquiry and name its sessionId",
            account_name=at_bank,
        )


def _check_approved(approved: str, at_bank: str) -> None:
    if approved != at_bank:
        raise Mismatch(
            f'the bank has this account under the name "{at_bank}" now; "{approved}" was approved. Nothing was sent',
            account_name=at_bank,
        )


def _completed(intent: Intent, account_name: str) -> Intent:
    """Fill in fields that DOKU demands in practice, from what the merchant or the bank has stated."""
    name = intent.beneficiary_account_name or _sendable(account_name)
    first, _, last = name.strip().partition(" ")
    return replace(
        intent,
        beneficiary_account_name=name,
        beneficiary_first_name=intent.beneficiary_first_name or first,
        beneficiary_last_name=intent.beneficiary_last_name or last.strip() or first,
        beneficiary_phone_number=intent.beneficiary_phone_number or intent.customer_number,
    )


def _sendable(account_name: str) -> str:
    """The bank's name in ASCII, which has one spelling in JSON: DOKU could re-spell another and refuse the signature.

    Raises ValidationFailed if no character of the name remains.
    """
    name = ascii_name(account_name)
    if not name:
        raise ValidationFailed(
            "the bank's name for this account has no Latin letters; nothing was sent. Name the holder in"
            " beneficiaryAccountName, in printable ASCII characters"
        )
    return name
