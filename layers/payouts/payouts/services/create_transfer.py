"""Creating a transfer: what must hold before it is sent. `payouts.services.send_transfer` sends it, at most once.

Until the transfer is created everything may fail and be tried again.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from payouts.doku.client import DokuClient
from payouts.doku.messages import InquiryRequest
from payouts.doku.responses import Inquiry
from payouts.domain.account_name import ascii_name, same_name
from payouts.domain.errors import Duplicate, Mismatch, PayoutError, Stopped, Unavailable, ValidationFailed
from payouts.domain.money import Rupiah
from payouts.domain.schedule import FIRST_CHECK
from payouts.domain.transfer import Finding, Intent, NextAction, Observation, Source, Transfer, record
from payouts.services.account_inquiry import DokuQueries
from payouts.services.daily_limits import DailyLimits
from payouts.services.kill_switch import KillSwitch
from payouts.services.send_transfer import Remaining, Sender, SendResult
from payouts.store.idempotency_keys import IdempotencyKeys
from payouts.store.inquiry_sessions import SESSION_SECONDS, InquirySession, InquirySessions
from payouts.store.transfers import TransferStore

STOPPED = "new transfers are stopped for now; nothing was sent. Send the same request again later"
_DO_NOT_PAY_AGAIN = "Do not pay under another reference: read that transfer first and follow its nextAction"
_ADVICE: Mapping[NextAction, str] = {
    **dict.fromkeys(NextAction, _DO_NOT_PAY_AGAIN),
    NextAction.TOP_UP: "It was not paid for lack of funds: top up the balance, then use a new reference",
    NextAction.CORRECT_AND_RESEND: "It was not paid, or the money came back: to pay now, use a new reference",
}


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """What a merchant asks for. `intent.session_id` is empty where the API is to inquire by itself."""

    intent: Intent
    fingerprint: str
    idempotency_key: str = ""
    """The header, where the merchant names a reference as well; the key is then bound to that reference (I2)."""
    caller: str = ""
    """Who asks: kept with a transfer that this order creates, and no part of what makes it a replay."""


@dataclass(frozen=True, slots=True)
class CreateResult:
    """The transfer as it stands, and whether it stood there before."""

    transfer: Transfer
    replayed: bool
    unrecorded: Exception | None = None
    """Why the outcome could not be stored. DOKU's answer is lost then, and check status will find it again."""


class TransferCreator:
    """Creates transfers. Raises PayoutError only before the door, when nothing was sent."""

    def __init__(
        self,
        store: TransferStore,
        sessions: InquirySessions,
        keys: IdempotencyKeys,
        queries: DokuQueries,
        doku: DokuClient,
        switch: KillSwitch,
        limits: DailyLimits,
        sender: Sender,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._keys = keys
        self._queries = queries
        self._doku = doku
        self._switch = switch
        self._limits = limits
        self._sender = sender
        self._clock = clock

    def create(self, order: TransferRequest, remaining: Remaining) -> CreateResult:
        """The one transfer of this order: sent now, or as it stands from an earlier call.

        Raises Duplicate, LimitReached, Mismatch, Refused, Stopped, Throttled, Unavailable, ValidationFailed or
        Misconfigured; nothing was sent then.
        """
        if not self._switch.is_on():
            return self._standing(order, otherwise=Stopped(STOPPED))
        if order.idempotency_key:
            self._keys.bind(order.idempotency_key, order.intent.partner_reference_no)
        standing = self._store.get(order.intent.partner_reference_no)
        if standing is not None:
            return _replay(order, standing)
        if order.intent.session_id:
            return self._create_with_session(order, remaining)
        return self._create(self._inquired(order), remaining)

    def _create_with_session(self, order: TransferRequest, remaining: Remaining) -> CreateResult:
        """With the session of an earlier account inquiry, which stays bound to this order whatever happens next."""
        try:
            session = self._sessions.claim(order.intent, order.fingerprint, self._clock())
        except (Duplicate, Mismatch) as refused:  # another copy of this order may have used it just now
            return self._standing(order, otherwise=refused)
        return self._create(self._confirmed(order, session.account_name, session.fee), remaining)

    def _standing(self, order: TransferRequest, otherwise: PayoutError) -> CreateResult:
        """What an earlier call of this order left. Raises `otherwise` where there is nothing."""
        standing = self._store.get(order.intent.partner_reference_no)
        if standing is None:
            raise otherwise
        return _replay(order, standing)

    def _inquired(self, order: TransferRequest) -> Transfer:
        """The transfer after an account inquiry whose name is the expected one. Raises Mismatch for another."""
        intent = order.intent
        inquiry = self._queries.ask(
            InquiryRequest(
                partner_reference_no=self._doku.new_external_id(),
                customer_number=intent.customer_number,
                amount=intent.amount,
                beneficiary_account_number=intent.beneficiary_account_number,
                beneficiary_bank_code=intent.beneficiary_bank_code,
                beneficiary_account_name=intent.beneficiary_account_name,
                sender_country_code=intent.sender_country_code,
                channel_code=intent.channel_code,
            )
        )
        if not same_name(intent.beneficiary_account_name, inquiry.account_name):
            raise Mismatch(
                f'the bank has this account under the name "{inquiry.account_name}", not under'
                f' "{intent.beneficiary_account_name}"; nothing was sent. Correct beneficiaryAccountName, or make an'
                " account inquiry and name its sessionId"
            )
        self._sessions.save_claimed(self._session(intent, inquiry), intent, order.fingerprint, self._clock())
        with_session = replace(order, intent=replace(intent, session_id=inquiry.session_id))
        return self._confirmed(with_session, inquiry.account_name, inquiry.fee)

    def _session(self, intent: Intent, inquiry: Inquiry) -> InquirySession:
        return InquirySession(
            session_id=inquiry.session_id,
            account_number=intent.beneficiary_account_number,
            bank_code=intent.beneficiary_bank_code,
            amount=intent.amount,
            account_name=inquiry.account_name,
            fee=inquiry.fee,
            expires_at=int(self._clock()) + SESSION_SECONDS,
        )

    def _confirmed(self, order: TransferRequest, account_name: str, fee: Rupiah | None) -> Transfer:
        now = self._now()
        intent = order.intent
        if not intent.beneficiary_account_name:
            intent = replace(intent, beneficiary_account_name=_sendable(account_name))
        external_id = self._doku.new_external_id()
        transfer = Transfer(
            intent=_completed(intent),
            fingerprint=order.fingerprint,
            created_at=now,
            external_ids=(external_id,),
            next_check_at=now + FIRST_CHECK,
            fee=fee,
            created_by=order.caller,
        )
        return record(transfer, Observation(now, Finding.SUBMITTING, Source.SUBMIT, external_id=external_id))

    def _create(self, transfer: Transfer, remaining: Remaining) -> CreateResult:
        """Create and send the transfer; or what stands under its reference, also where it cannot be created now."""
        try:
            authority = self._doku.authority()
            transfer = replace(transfer, sent_to=self._doku.account(authority.credentials))
            self._limits.consume(transfer)
            sent = self._sender.create_and_send(transfer, authority, remaining)
        except PayoutError as refused:
            return self._standing(TransferRequest(transfer.intent, transfer.fingerprint), otherwise=refused)
        if isinstance(sent, SendResult):
            return CreateResult(sent.transfer, replayed=False, unrecorded=sent.unrecorded)
        return _replay(TransferRequest(transfer.intent, transfer.fingerprint), sent)

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _replay(order: TransferRequest, standing: Transfer) -> CreateResult:
    """The standing transfer, if `order` is the same request. Raises Duplicate with the standing transfer if not."""
    if _algorithm(standing) != _algorithm(order):
        raise Unavailable(
            "another version of this software created this transfer and its request cannot be compared; read the"
            " transfer instead",
            transfer=standing,
        )
    if standing.fingerprint != order.fingerprint:
        raise Duplicate(
            f"partnerReferenceNo {standing.partner_reference_no} is used by a transfer with other details, which is"
            f" {standing.status}. This request sent nothing. {_ADVICE[standing.next_action]}",
            transfer=standing,
        )
    return CreateResult(standing, replayed=True)


def _algorithm(one: TransferRequest | Transfer) -> str:
    return one.fingerprint.partition(":")[0] if ":" in one.fingerprint else ""


def _completed(intent: Intent) -> Intent:
    """What DOKU demands in practice and the merchant need not say twice (PROTOCOL.md 4.3)."""
    first, _, last = intent.beneficiary_account_name.strip().partition(" ")
    return replace(
        intent,
        beneficiary_first_name=intent.beneficiary_first_name or first,
        beneficiary_last_name=intent.beneficiary_last_name or last.strip() or first,
        beneficiary_phone_number=intent.beneficiary_phone_number or intent.customer_number,
    )


def _sendable(account_name: str) -> str:
    """The bank's name in ASCII, which has one spelling in JSON: DOKU could re-spell any other and refuse the signature.

    Raises ValidationFailed where nothing of the name remains.
    """
    name = ascii_name(account_name)
    if not name:
        raise ValidationFailed(
            "the bank's name for this account has no Latin letters; nothing was sent. Name the holder in"
            " beneficiaryAccountName, in printable ASCII characters"
        )
    return name
