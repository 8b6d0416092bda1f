"""Creating a transfer: at most once, whatever happens (DESIGN 2.1 to 2.3, 2.13).

Before the door everything may fail and be tried again. Behind it, one invocation sends, and nothing is ever sent by
anybody else: a crash leaves a transfer that is only asked about.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from payouts.doku import evidence
from payouts.doku.client import TRANSFER_SECONDS, Authority, DokuClient
from payouts.doku.messages import InquiryRequest
from payouts.doku.outcomes import Outcome
from payouts.doku.transport import NeverSent
from payouts.errors import Duplicate, Mismatch, PayoutError, Stopped, Unavailable
from payouts.inquire import Inquirer
from payouts.limits import DailyLimits
from payouts.money import Rupiah
from payouts.names import same_name
from payouts.schedule import FIRST_CHECK, planned
from payouts.store.claims import Claims
from payouts.store.transfers import TransferStore
from payouts.switch import Switch
from payouts.transfer import Finding, Intent, Observation, Source, Status, Transfer, merge

_RECORD_SECONDS = 2
NOT_SENT = "NOT_SENT"
"""Code of a failure by proof that the request never left."""
STOPPED = "new transfers are stopped for now; nothing was sent. Send the same request again later"

Remaining = Callable[[], float]
"""Seconds until the function is stopped."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a merchant asks for. `intent.session_id` is empty where the API is to inquire by itself."""

    intent: Intent
    fingerprint: str
    idempotency_key: str = ""
    """The header, where the merchant names a reference as well; the key is then bound to that reference (I2)."""
    caller: str = ""
    """Who asks: kept with a transfer that this order creates, and no part of what makes it a replay."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The transfer as it stands, and whether it stood there before."""

    transfer: Transfer
    replayed: bool
    unrecorded: Exception | None = None
    """Why the outcome could not be stored. DOKU's answer is lost then, and check status will find it again."""


class Submitter:
    """Creates transfers. Raises PayoutError only before the door, when nothing was sent."""

    def __init__(
        self,
        store: TransferStore,
        claims: Claims,
        inquirer: Inquirer,
        doku: DokuClient,
        switch: Switch,
        limits: DailyLimits,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._claims = claims
        self._inquirer = inquirer
        self._doku = doku
        self._switch = switch
        self._limits = limits
        self._clock = clock
        self._jitter = jitter

    def submit(self, order: Order, remaining: Remaining) -> Submitted:
        """The one transfer of this order: sent now, or as it stands from an earlier call.

        Raises Duplicate, LimitReached, Mismatch, Refused, Stopped, Throttled, Unavailable, ValidationFailed or
        Misconfigured; nothing was sent then.
        """
        if not self._switch.is_on():
            return self._standing(order, otherwise=Stopped(STOPPED))
        if order.idempotency_key:
            self._claims.claim_key(order.idempotency_key, order.intent.partner_reference_no)
        if order.intent.session_id:
            return self._submit_with_session(order, remaining)
        standing = self._store.get(order.intent.partner_reference_no)
        if standing is not None:
            return _replay(order, standing)
        return self._through_the_door(self._inquired(order), remaining)

    def _submit_with_session(self, order: Order, remaining: Remaining) -> Submitted:
        try:
            session = self._claims.claim_session(order.intent, order.fingerprint, self._clock())
        except (Duplicate, Mismatch) as refused:  # a replay outlives its session
            return self._standing(order, otherwise=refused)
        if self._limits.in_force:  # a replay must be known before anything is counted
            standing = self._store.get(order.intent.partner_reference_no)
            if standing is not None:
                return _replay(order, standing)
        return self._through_the_door(self._confirmed(order, session.account_name, session.fee), remaining)

    def _standing(self, order: Order, otherwise: PayoutError) -> Submitted:
        """What an earlier call of this order left. Raises `otherwise` where there is nothing."""
        standing = self._store.get(order.intent.partner_reference_no)
        if standing is None:
            raise otherwise
        return _replay(order, standing)

    def _inquired(self, order: Order) -> Transfer:
        """The transfer after an account inquiry whose name is the expected one. Raises Mismatch for another."""
        intent = order.intent
        inquiry = self._inquirer.ask(
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
        with_session = replace(order, intent=replace(intent, session_id=inquiry.session_id))
        return self._confirmed(with_session, inquiry.account_name, inquiry.fee)

    def _confirmed(self, order: Order, account_name: str, fee: Rupiah | None) -> Transfer:
        now = self._now()
        intent = order.intent
        if not intent.beneficiary_account_name:
            intent = replace(intent, beneficiary_account_name=account_name)
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
        return merge(transfer, Observation(now, Finding.SUBMITTING, Source.SUBMIT, external_id=external_id))

    def _through_the_door(self, transfer: Transfer, remaining: Remaining) -> Submitted:
        """Make the intent durable; whoever wins sends, everybody else gets what stands."""
        try:
            authority = self._doku.authority()
            self._limits.take(transfer)
            if not _enough(remaining):
                raise Unavailable("too little time was left to send the transfer; send the same request again")
        except PayoutError:
            standing = self._store.get(transfer.reference)
            if standing is None:
                raise
        else:
            standing = self._store.create(transfer)
            if standing is None:
                return self._send(replace(transfer, version=1), authority, remaining)
        return _replay(Order(transfer.intent, transfer.fingerprint), standing)

    def _send(self, transfer: Transfer, authority: Authority, remaining: Remaining) -> Submitted:
        """Behind the door: never raises. What can't be recorded is left to check status."""
        try:
            if not _enough(remaining):  # the put took its time, and whoever is stopped in mid-send knows nothing
                seen, refused = self._not_sent(transfer, "too little time was left to send it"), False
            else:
                seen, refused = self._attempt(transfer, authority)
            if refused and seen.finding is Finding.FAILED:
                transfer, seen = self._send_again(transfer, authority, seen, remaining)
            recorded = self._store.update(transfer, lambda standing: self._learned(standing, seen))
            return Submitted(recorded, replayed=False)
        except Exception as error:  # whatever it is: what was sent stays sent
            return Submitted(transfer, replayed=False, unrecorded=error)

    def _attempt(self, transfer: Transfer, authority: Authority) -> tuple[Observation, bool]:
        """Send once: what that proves, and whether it was refused unexecuted for a reason that may pass."""
        try:
            answer = self._doku.transfer(transfer.intent, transfer.external_ids[-1], authority)
            return evidence.of_submission(transfer, answer, self._now()), answer.outcome is Outcome.UNAUTHORIZED
        except NeverSent as error:
            return self._not_sent(transfer, f"no connection to DOKU ({error}): the request never left"), True
        except Exception as error:  # whatever it is, the request may have left: nobody may hear of an error now
            return self._unsure(transfer, f"unexpected {type(error).__name__}"), False

    def _not_sent(self, transfer: Transfer, message: str) -> Observation:
        external_id = transfer.external_ids[-1]
        return Observation(self._now(), Finding.FAILED, Source.SUBMIT, NOT_SENT, message, external_id=external_id)

    def _unsure(self, transfer: Transfer, message: str) -> Observation:
        external_id = transfer.external_ids[-1]
        return Observation(self._now(), Finding.IN_DOUBT, Source.SUBMIT, "", message, external_id=external_id)

    def _send_again(
        self, transfer: Transfer, authority: Authority, refusal: Observation, remaining: Remaining
    ) -> tuple[Transfer, Observation]:
        """The only second send: once, after proof that the first was not executed, under a new X-EXTERNAL-ID."""
        try:
            if refusal.code != NOT_SENT:
                authority = self._doku.renewed(authority)
            if not _enough(remaining):
                return transfer, refusal
            transfer = self._store.update(transfer, lambda standing: self._resent(standing, refusal))
        except PayoutError:
            return transfer, refusal
        if transfer.status is not Status.SUBMITTING:  # DOKU has told somebody more: refused or not is in doubt now
            return transfer, self._unsure(transfer, f"refused, and yet known to DOKU: {refusal.message}")
        if not _enough(remaining):
            return transfer, refusal
        seen, _ = self._attempt(transfer, authority)
        return transfer, seen

    def _resent(self, standing: Transfer, refusal: Observation) -> Transfer:
        external_id = self._doku.new_external_id()
        message = f"sent again: {refusal.message}"
        again = Observation(self._now(), Finding.RESENT, Source.SUBMIT, refusal.code, message, external_id=external_id)
        return merge(replace(standing, external_ids=(*standing.external_ids, external_id)), again)

    def _learned(self, standing: Transfer, seen: Observation) -> Transfer:
        return planned(merge(standing, seen), self._now(), self._jitter())

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _replay(order: Order, standing: Transfer) -> Submitted:
    if standing.fingerprint != order.fingerprint:
        raise Duplicate(
            f"partnerReferenceNo {order.intent.partner_reference_no} belongs to another request; nothing was sent."
            " Use a new reference for a new transfer"
        )
    return Submitted(standing, replayed=True)


def _enough(remaining: Remaining) -> bool:
    return remaining() >= TRANSFER_SECONDS + _RECORD_SECONDS


def _completed(intent: Intent) -> Intent:
    """What DOKU demands in practice and the merchant need not say twice (PROTOCOL.md 4.3)."""
    first, _, last = intent.beneficiary_account_name.strip().partition(" ")
    return replace(
        intent,
        beneficiary_first_name=intent.beneficiary_first_name or first,
        beneficiary_last_name=intent.beneficiary_last_name or last.strip() or first,
        beneficiary_phone_number=intent.beneficiary_phone_number or intent.customer_number,
    )
