"""A slow DOKU in memory: 0.5 to 14 s for an answer, a limit of requests in a second, and a ledger.

It executes every transfer request that it does not refuse, also a second one with the same reference, and answers
status checks with the truth. Tokens and signatures are verified with the simulator's code.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.doku_simulator import Settings
from local.doku_simulator.answers import Answer, Operation, RefusedError, snap
from local.doku_simulator.auth import Request, verify_call
from local.doku_simulator.operations.token import grant
from local.doku_simulator.tokens import TokenDesk
from payouts.doku.transport import HttpResponse, NoReply, Timeout

FASTEST, SLOWEST = 0.5, 14.0
"""Seconds for an answer, uniformly distributed."""
_QUICK = 0.1
"""Seconds for a token, and for a 429."""
_BANK_SECONDS = 60.0
"""Longest time that the bank takes after DOKU has accepted a transfer."""
_RETURNED = 0.02
"""Share of transfers that the bank returns."""
_PAGE = b"<html><body><h1>429 Too Many Requests</h1></body></html>"
_OPERATIONS = {
    "access-token/b2b": Operation.TOKEN,
    "bank-account-inquiry": Operation.INQUIRY,
    "balance-inquiry": Operation.BALANCE,
    "transfer-bank": Operation.TRANSFER,
    "qr-mpm-status": Operation.STATUS,
}


@dataclass(frozen=True)
class Execution:
    """A transfer that DOKU has executed: known to status checks from `at`, decided by the bank at `decided_at`."""

    reference_no: str
    amount: Mapping[str, str]
    at: float
    decided_at: float
    is_paid: bool

    def snap_status(self, now: float) -> str:
        """`latestTransactionStatus`: success, pending or failed."""
        return "03" if now < self.decided_at else "00" if self.is_paid else "06"


@dataclass
class Doku:
    """`allowed` says how many requests are answered in the second that begins at a time."""

    settings: Settings
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    allowed: Callable[[int], int]
    random: random.Random
    tokens: TokenDesk = field(default_factory=TokenDesk)
    executed: dict[str, list[Execution]] = field(default_factory=dict)
    """By the merchant's reference. More than one execution is a double payment."""
    requests: Counter[str] = field(default_factory=Counter)
    """By operation; `429` counts those over the limit."""
    in_second: Counter[int] = field(default_factory=Counter)

    def post(self, path: str, headers: Mapping[str, str], body: bytes, timeout: Timeout) -> HttpResponse:
        """Answer a request after DOKU's latency. Raises NoReply if the caller's time limit comes first."""
        now = int(self.clock())
        self.in_second[now] += 1
        if self.in_second[now] > self.allowed(now):
            return self._over_the_limit(path)
        operation = next(one for end, one in _OPERATIONS.items() if path.endswith(end))
        self.requests[operation] += 1
        seconds = _QUICK if operation is Operation.TOKEN else self.random.uniform(FASTEST, SLOWEST)
        request = Request("POST", path, {name.lower(): value for name, value in headers.items()}, body)
        answer = self._answer(operation, request, seconds)
        if seconds > sum(timeout):
            self.sleep(sum(timeout))
            raise NoReply("ReadTimeoutError")
        self.sleep(seconds)
        return HttpResponse(answer.status, answer.encode(number_codes=True))

    def _over_the_limit(self, path: str) -> HttpResponse:
        """A 429: every other one in DOKU's format, the rest as a page of a proxy."""
        self.requests["429"] += 1
        self.sleep(_QUICK)
        if self.requests["429"] % 2:
            return HttpResponse(429, _PAGE)
        operation = next(one for end, one in _OPERATIONS.items() if path.endswith(end))
        return HttpResponse(429, snap(operation, 429, "00", "Too Many Requests").encode(number_codes=True))

    def _answer(self, operation: Operation, request: Request, seconds: float) -> Answer:
        """The answer, which a status check bases on what DOKU knows halfway through its latency."""
        try:
            if operation is Operation.TOKEN:
                return grant(request, self.settings, self.tokens, self.clock())
            verify_call(request, self.settings, self.tokens, self.clock())
        except RefusedError as refused:
            return refused.answer(operation)
        body, moment = json.loads(request.body), self.clock() + seconds / 2
        match operation:
            case Operation.INQUIRY:
                return self._inquiry(body)
            case Operation.TRANSFER:
                return self._transfer(body, moment)
            case Operation.STATUS:
                return self._status(body["originalPartnerReferenceNo"], moment)
        return snap(operation, 200, "00", "Successful")

    def _inquiry(self, body: Mapping[str, Any]) -> Answer:
        session = f"I{self.random.randrange(10**16):016d}"
        return snap(
            Operation.INQUIRY,
            200,
            "00",
            "Successful",
            referenceNo=session,
            partnerReferenceNo=body["partnerReferenceNo"],
            beneficiaryAccountNumber=body["beneficiaryAccountNumber"],
            beneficiaryAccountName=body["additionalInfo"]["beneficiaryAccountName"],
            amount=body["amount"],
            sessionId=session,
            additionalInfo={"feeAmount": "4500.00", "feeCurrency": "IDR"},
        )

    def _transfer(self, body: Mapping[str, Any], moment: float) -> Answer:
        reference, decided_at = body["partnerReferenceNo"], moment + self.random.uniform(0, _BANK_SECONDS)
        reference_no = f"{self.random.randrange(10**12):012d}"
        is_paid = self.random.random() >= _RETURNED
        execution = Execution(reference_no, body["amount"], moment, decided_at, is_paid)
        self.executed.setdefault(reference, []).append(execution)
        return snap(
            Operation.TRANSFER,
            200,
            "00",
            "Successful",
            referenceNo=reference_no,
            partnerReferenceNo=reference,
            additionalInfo={"sessionId": body["sessionId"], "amount": body["amount"]["value"]},
        )

    def _status(self, reference: str, moment: float) -> Answer:
        known = [execution for execution in self.executed.get(reference, ()) if execution.at <= moment]
        if not known:
            return snap(Operation.STATUS, 404, "01", "Transaction Not Found")
        status = known[0].snap_status(moment)
        return snap(
            Operation.STATUS,
            200,
            "00",
            "Successful",
            originalReferenceNo=known[0].reference_no,
            originalPartnerReferenceNo=reference,
            serviceCode=43,
            latestTransactionStatus=status,
            transactionStatusDesc={"00": "Success", "03": "Pending", "06": "Failed"}[status],
            amount=known[0].amount,
        )


class MemoryTransport:
    """Takes the place of `payouts.doku.transport.Transport`: the same calls, carried to a Doku in memory."""

    def __init__(self, doku: Doku) -> None:
        self._doku = doku

    def post(
        self, path: str, headers: Mapping[str, str], body: bytes, timeout: Timeout, *, fresh: bool = False
    ) -> HttpResponse:
        """As Transport.post."""
        return self._doku.post(path, headers, body, timeout)

    def close(self) -> None:
        """No connection is open."""
