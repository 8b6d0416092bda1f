"""Calls to DOKU: their time limits, and answers to other requests."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from local import doku_secret
from payouts.doku import responses, time_limits
from payouts.doku.client import Authority, DokuClient
from payouts.doku.messages import InquiryRequest
from payouts.doku.outcomes import Outcome
from payouts.doku.signer import MerchantKey
from payouts.doku.token import TokenRequester
from payouts.doku.transport import HttpResponse, NeverSent, Timeout, Transport
from payouts.domain.credentials import Credentials
from payouts.domain.errors import Unavailable
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent, Transfer
from payouts.runtime.config import DokuSettings
from payouts.runtime.credentials import CredentialStore
from tests.support.tcp_server import http_answer, listening, saying, staying_silent
from tests.template.reading import translated

SECRET = doku_secret.generate()
CREDENTIALS = Credentials.parse(SECRET)
AUTHORITY = Authority(CREDENTIALS, "token")
REQUEST = InquiryRequest(
    partner_reference_no="INQ-1",
    customer_number="628115678890",
    amount=Rupiah(20_000_000),
    beneficiary_account_number="8377388292",
    beneficiary_bank_code="014",
    beneficiary_account_name="SUHUT",
)
INTENT = Intent("PAY-1", "628115678890", "8377388292", "014", Rupiah(20_000_000), "I1")
TRANSFER = Transfer(INTENT, "f", created_at=1_000, external_ids=("1",))


class Secrets:
    """Secrets Manager with DOKU's secret."""

    def get_secret_value(self, **_: str) -> dict[str, str]:
        return {"ARN": "arn", "SecretString": SECRET}


class OneToken:
    """A token that is always good."""

    def current(self) -> str:
        return "token"

    def renew(self, refused: str) -> None:
        raise AssertionError("nothing was refused")


class Recording(Transport):
    """The transport, which also notes the time limits of each call."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.limits: list[Timeout] = []

    def post(
        self, path: str, headers: Mapping[str, str], body: bytes, timeout: Timeout, *, fresh: bool = False
    ) -> HttpResponse:
        self.limits.append(timeout)
        return super().post(path, headers, body, timeout, fresh=fresh)


@dataclass
class Doku:
    """Our client of a DOKU, and the transport below it."""

    client: DokuClient
    transport: Recording

    def outcome(self, operation: str) -> Outcome:
        """What the answer to one of the operations means."""
        return self.token() if operation == "token" else self.answer(operation).outcome

    def answer(self, operation: str) -> responses.DokuResponse:
        """The answer to one of the four operations."""
        calls: dict[str, Callable[[], responses.DokuResponse]] = {
            "inquiry": lambda: self.client.inquire(REQUEST),
            "balance": self.client.balance,
            "status": lambda: self.client.check_status(TRANSFER),
            "transfer": lambda: self.client.transfer(INTENT, "1", AUTHORITY),
        }
        return calls[operation]()

    def token(self) -> Outcome:
        """ACCEPTED, or IN_DOUBT without a token."""
        key = MerchantKey(lambda: pytest.fail("the key is in the secret"))
        try:
            TokenRequester(self.transport, key, lambda: 0.0).request_token(CREDENTIALS, 1e9)
        except Unavailable:
            return Outcome.IN_DOUBT
        return Outcome.ACCEPTED


@contextlib.contextmanager
def client_of(url: str) -> Iterator[Doku]:
    settings = DokuSettings(url, "/snap/v1.1", "H2H", "secret", 72, 0)
    transport = Recording(url)
    store = CredentialStore(Secrets(), "secret")  # type: ignore[arg-type]
    yield Doku(DokuClient(settings, store, OneToken(), transport), transport)
    transport.close()


ACCOUNT = {"sessionId": "I1", "beneficiaryAccountName": "SUHUT"}
GOOD: dict[str, dict[str, Any]] = {
    "token": {"responseCode": "2007300", "accessToken": "token", "expiresIn": 900},
    "inquiry": {"responseCode": "2004200", "partnerReferenceNo": "INQ-1", **ACCOUNT},
    "balance": {"responseCode": "2001100", "accountNo": CREDENTIALS.agent_key},
    "status": {"responseCode": "2005300", "originalPartnerReferenceNo": "PAY-1", "latestTransactionStatus": "00"},
    "transfer": {"responseCode": "2004300", "partnerReferenceNo": "PAY-1", "referenceNo": "DK1"},
}


LIMITS = {"token": (1, 2), "inquiry": (2, 14), "balance": (2, 14), "status": (2, 14), "transfer": (3, 14)}
"""Seconds to connect and to wait for the answer. tests/unit/test_transport.py holds the transport to such limits."""


@pytest.mark.covers(9, 10)
@pytest.mark.parametrize("operation", LIMITS)
def test_each_call_has_its_time_limits(operation: str) -> None:
    with listening(saying(http_answer(200, GOOD[operation.partition(" ")[0]]))) as peer, client_of(peer.url) as doku:
        assert doku.outcome(operation) is Outcome.ACCEPTED
        assert doku.transport.limits == [LIMITS[operation]]


@pytest.mark.covers(10)
@pytest.mark.parametrize(("remaining", "limits"), [(29.0, (2, 14)), (9.0, (2, 7)), (4.0, (2, 2))])
def test_a_question_takes_no_longer_than_its_caller_has(remaining: float, limits: tuple[float, float]) -> None:
    with listening(saying(http_answer(200, GOOD["inquiry"]))) as peer, client_of(peer.url) as doku:
        assert doku.client.inquire(REQUEST, lambda: remaining).outcome is Outcome.ACCEPTED
        assert doku.transport.limits == [limits]


def test_a_question_without_time_for_its_answer_is_not_asked() -> None:
    with client_of("http://127.0.0.1:9") as doku, pytest.raises(NeverSent, match="too little time"):
        doku.client.inquire(REQUEST, lambda: 3.9)


def test_a_create_with_its_slowest_calls_fits_into_the_function() -> None:
    function = translated().of_type("AWS::Lambda::Function")["TransferApiFunction"]["Timeout"]
    before_the_transfer = function - time_limits.SEND_SECONDS
    assert time_limits.fitted(time_limits.QUESTION, before_the_transfer - time_limits.TABLE_SECONDS) == (2, 7)
    assert time_limits.SEND_SECONDS == sum(time_limits.TRANSFER) + 2 == 19


@pytest.mark.covers(9, 10)
def test_a_late_answer_is_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payouts.doku.client.QUESTION", (1.0, 0.05))
    monkeypatch.setattr("payouts.doku.client.TRANSFER", (1.0, 0.05))
    monkeypatch.setattr("payouts.doku.token._SECONDS", 1.05)
    for operation in LIMITS:
        with listening(staying_silent) as peer, client_of(peer.url) as doku:
            assert doku.outcome(operation) is Outcome.IN_DOUBT


OTHERS: dict[str, dict[str, Any]] = {
    "inquiry": {"beneficiaryAccountNumber": "8377388293"},
    "balance": {"accountNo": "A99999"},
    "status": {"originalPartnerReferenceNo": ["PAY-1"]},
    "transfer": {"additionalInfo": {"amount": "1.00"}},
}
REFUSALS = {"inquiry": 4044211, "balance": 4041108, "status": 4045301, "transfer": 4034314}


@pytest.mark.covers(21)
@pytest.mark.parametrize("operation", OTHERS)
@pytest.mark.parametrize("refused", [False, True])
def test_an_answer_to_another_request_is_in_doubt(operation: str, refused: bool) -> None:
    """Neither its session nor its refusal is ours."""
    code = REFUSALS[operation] if refused else int(GOOD[operation]["responseCode"])
    body = {**GOOD[operation], **OTHERS[operation], "responseCode": code}
    with listening(saying(http_answer(code // 10_000, body))) as peer, client_of(peer.url) as doku:
        answer = doku.answer(operation)
    assert (answer.outcome, answer.body, answer.verdict.code) == (Outcome.IN_DOUBT, {}, "")
    assert "another request" in answer.verdict.message


@pytest.mark.covers(21)
def test_a_late_duplicate_is_not_the_next_answer() -> None:
    """The same connection answers the first inquiry again just before the second; the third gets another."""
    numbers: dict[Any, int] = {}

    def answer(connection: Any) -> None:
        numbers[connection] = numbers.get(connection, 0) + 1
        account = f"8377388{len(numbers)}{numbers[connection]}"
        again = http_answer(200, {**GOOD["inquiry"], "beneficiaryAccountNumber": f"8377388{len(numbers)}1"})
        fresh = http_answer(200, {**GOOD["inquiry"], "beneficiaryAccountNumber": account})
        connection.sendall(fresh if numbers[connection] == 1 else again + fresh)

    with listening(answer) as peer, client_of(peer.url) as doku:
        first, second, third = (
            doku.client.inquire(replace(REQUEST, beneficiary_account_number=f"8377388{number}"))
            for number in ("11", "12", "21")
        )
        assert peer.connections == 2
    assert (first.outcome, second.outcome, third.outcome) == (Outcome.ACCEPTED, Outcome.IN_DOUBT, Outcome.ACCEPTED)
    assert second.body == {}


@pytest.mark.covers("I1", 21)
def test_a_transfer_uses_a_fresh_connection() -> None:
    """A late copy of the first refusal would be believed of the second transfer, which DOKU executes."""
    seen: list[Any] = []

    def answer(connection: Any) -> None:
        refused = http_answer(403, {"responseCode": "4034314"})
        connection.sendall(refused if connection not in seen else refused + http_answer(200, GOOD["transfer"]))
        seen.append(connection)

    with listening(answer) as peer, client_of(peer.url) as doku:
        doku.client.transfer(INTENT, "1", AUTHORITY)
        doku.client.transfer(INTENT, "2", AUTHORITY)
        assert peer.connections == len(peer.requests) == 2


def test_a_balance_uses_a_fresh_connection() -> None:
    """It names only the account, so a late copy of an earlier balance would pass for the present one."""

    def answer(connection: Any) -> None:
        connection.sendall(http_answer(200, GOOD["balance"]))

    with listening(answer) as peer, client_of(peer.url) as doku:
        doku.client.balance()
        doku.client.balance()
        assert peer.connections == len(peer.requests) == 2
