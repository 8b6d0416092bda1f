"""Create a transfer: replay, stop, Idempotency-Key, daily limits; then prepare it and send it at most once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from payouts.doku.client import DokuClient
from payouts.doku.time_limits import Remaining
from payouts.domain.errors import Duplicate, PayoutError, Stopped, Unavailable
from payouts.domain.forgetting import is_forgotten
from payouts.domain.limits import AmountLimits
from payouts.domain.status import PAY_AGAIN
from payouts.domain.transfer import NextAction, Transfer
from payouts.services.daily_limits import DailyLimits
from payouts.services.kill_switch import KillSwitch
from payouts.services.prepare_transfer import TransferPreparer, TransferRequest
from payouts.services.send_transfer import SendResult, TransferSender, check_time
from payouts.store.idempotency_keys import IdempotencyKeys
from payouts.store.transfers import TransferStore

STOPPED = "new transfers are stopped; nothing was sent. Send the same request again later"
_DO_NOT_PAY_AGAIN = "Do not pay under another reference: read that transfer first and follow its nextAction"
_HIDDEN = "Do not pay under another reference: ask whoever created that transfer, or for a token with transfers:read"
_ADVICE: Mapping[NextAction, str] = {
    **dict.fromkeys(NextAction, _DO_NOT_PAY_AGAIN),
    NextAction.TOP_UP: "It was not paid for lack of funds: top up the balance, then use a new reference",
    NextAction.CORRECT_AND_RESEND: "It was not paid, or the money came back: to pay now, use a new reference",
}


@dataclass(frozen=True, slots=True)
class CreateResult:
    """The transfer of a request. `replayed` is True if an earlier call created it."""

    transfer: Transfer
    replayed: bool
    unrecorded: Exception | None = None
    """The error if DOKU's answer could not be stored. A status check learns the outcome again."""


class TransferCreator:
    """Creates transfers. If a PayoutError is raised, this call sent nothing.

    The conditional create may still have happened if its reply was lost: the next call finds the transfer.
    """

    def __init__(
        self,
        store: TransferStore,
        keys: IdempotencyKeys,
        preparer: TransferPreparer,
        doku: DokuClient,
        switch: KillSwitch,
        amount_limits: AmountLimits,
        daily_limits: DailyLimits,
        sender: TransferSender,
    ) -> None:
        self._store = store
        self._keys = keys
        self._preparer = preparer
        self._doku = doku
        self._switch = switch
        self._amount_limits = amount_limits
        self._limits = daily_limits
        self._sender = sender

    def create(self, request: TransferRequest, remaining: Remaining) -> CreateResult:
        """Create and send the transfer of this request, or return the one that an earlier call created.

        Raises Duplicate, LimitReached, Mismatch, Refused, RefusedEarly, Stopped, Throttled, Unavailable,
        ValidationFailed or Misconfigured; nothing was sent then.
        """
        reference = request.intent.partner_reference_no
        if not self._switch.is_on():
            return self._existing(request, otherwise=Stopped(STOPPED))
        if request.idempotency_key:
            self._keys.bind(request.idempotency_key, reference)
        # A batch has read its rows' transfers. Should a stale read miss one, the conditional create finds it.
        existing = self._store.get(reference, consistent=not request.origin)
        if existing is not None:
            return _replay(existing, request.fingerprint, request.origin)
        self._amount_limits.check(request.intent.amount)  # after the look-up: a limit does not hide a transfer
        try:
            transfer = self._preparer.prepare(request, remaining)
        except PayoutError as refused:  # another copy of this request may have created the transfer meanwhile
            return self._existing(request, otherwise=refused)
        return self._create(request, transfer, remaining)

    def _create(self, request: TransferRequest, transfer: Transfer, remaining: Remaining) -> CreateResult:
        """Count and send the prepared transfer. If that fails, another copy of the request may have created it."""
        try:
            authority = self._doku.authority()
            transfer = replace(transfer, sent_to=self._doku.account(authority.credentials))
            check_time(remaining)  # after a slow inquiry; not after the limits, which would count a refused transfer
            self._limits.consume(transfer)
            sent = self._sender.create_and_send(transfer, authority, remaining)
        except PayoutError as refused:
            return self._existing(request, otherwise=refused)
        if isinstance(sent, SendResult):
            return CreateResult(sent.transfer, replayed=False, unrecorded=sent.unrecorded)
        return _replay(sent, transfer.fingerprint, transfer.origin)

    def _existing(self, request: TransferRequest, otherwise: PayoutError) -> CreateResult:
        """The transfer that an earlier call created. Raises `otherwise` if there is none."""
        existing = self._store.get(request.intent.partner_reference_no)
        if existing is None:
            raise otherwise
        return _replay(existing, request.fingerprint, request.origin)


def _replay(existing: Transfer, fingerprint: str, origin: str) -> CreateResult:
    """The existing transfer as the result of a request with this fingerprint and origin.

    Raises Duplicate if another request created it, and Unavailable if the fingerprints cannot be compared.
    """
    if existing.origin != origin:
        raise _duplicate(existing, _owner(existing), hidden="another transfer")
    if _algorithm(existing.fingerprint) != _algorithm(fingerprint):
        raise Unavailable(
            "another version of this software created this transfer and its request cannot be compared; read the"
            " transfer instead",
            transfer=existing,
        )
    if existing.fingerprint != fingerprint:
        raise _duplicate(existing, _with_other_details(existing))
    return CreateResult(existing, replayed=True)


def _owner(existing: Transfer) -> str:
    return f"the transfer of another batch's row, {existing.origin}" if existing.origin else "a single transfer"


def _with_other_details(existing: Transfer) -> str:
    details = "whose details were erased and cannot be compared" if is_forgotten(existing) else "with other details"
    return f"a transfer {details}"


def _duplicate(existing: Transfer, used_by: str, hidden: str = "") -> Duplicate:
    """The error. `hidden` describes the transfer to callers who may not see it, by default as `used_by`."""
    used = f"partnerReferenceNo {existing.partner_reference_no} is used by"
    return Duplicate(
        f"{used} {used_by}, which is {existing.status}. This request sent nothing. {_advice(existing)}",
        transfer=existing,
        hidden=f"{used} {hidden or used_by}. This request sent nothing. {_HIDDEN}",
    )


def _advice(existing: Transfer) -> str:
    text = _ADVICE[existing.next_action]
    if existing.batch_row is None or existing.next_action not in PAY_AGAIN:
        return text
    return f"{text}, unless a repayment of the batch has the row: read its repaidBy first"


def _algorithm(fingerprint: str) -> str:
    algorithm, colon, _ = fingerprint.partition(":")
    return algorithm if colon else ""
