"""Calls to DOKU against slow servers and answers to other requests."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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
from payouts.doku.transport import NeverSent, Transport
from payouts.domain.credentials import Credentials
from payouts.domain.errors import Unavailable
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent, Transfer
from payouts.runtime.config import DokuSettings
from payouts.runtime.credentials import CredentialStore
from tests.support.tcp_server import STOP, Script, hung_up, listening, saying, trickling
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


@dataclass
class Doku:
    """Our client of a DOKU, and the transport below it."""

    client: DokuClient
    transport: Transport

    def outcome(self, operation: str) -> Outcome:
        """What the answer to one of the operations means."""
        return self.token() if operation == "token" else self.answer(operation).outcome

    def answer(self, operation: str) -> responses.DokuResponse:
        """The answer to one of the four operations, or to an inquiry that has little time."""
        calls: dict[str, Callable[[], responses.DokuResponse]] = {
            "inquiry": lambda: self.client.inquire(REQUEST),
            "inquiry in 5 s": lambda: self.client.inquire(REQUEST, lambda: 5.0),
            "balance": self.client.balance,
            "status": lambda: self.client.check_status(TRANSFER),
            "transfer": lambda: self.client.transfer(INTENT, "1", AUTHORITY),
        }
        return calls[operation]()

    def token(self) -> Outcome:
        """ACCEPTED, or IN_DOUBT without a token."""
        try:
            TokenRequester(self.transport, MerchantKey(lambda: pytest.fail("the key is in the secret"))).request_token(
                CREDENTIALS, 1e9
            )
        except Unavailable:
            return Outcome.IN_DOUBT
        return Outcome.ACCEPTED


@contextlib.contextmanager
def client_of(url: str) -> Iterator[Doku]:
    settings = DokuSettings(url, "/snap/v1.1", "H2H", "secret", 72, 0)
    transport = Transport(url)
    store = CredentialStore(Secrets(), "secret")  # type: ignore[arg-type]
    yield Doku(DokuClient(settings, store, OneToken(), transport), transport)
    transport.close()


def http(status: int, body: dict[str, Any]) -> bytes:
    content = json.dumps(body).encode()
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(content), content)


ACCOUNT = {"sessionId": "I1", "beneficiaryAccountName": "SUHUT"}
GOOD: dict[str, dict[str, Any]] = {
    "token": {"responseCode": "2007300", "accessToken": "token", "expiresIn": 900},
    "inquiry": {"responseCode": "2004200", "partnerReferenceNo": "INQ-1", **ACCOUNT},
    "balance": {"responseCode": "2001100", "accountNo": CREDENTIALS.agent_key},
    "status": {"responseCode": "2005300", "originalPartnerReferenceNo": "PAY-1", "latestTransactionStatus": "00"},
    "transfer": {"responseCode": "2004300", "partnerReferenceNo": "PAY-1", "referenceNo": "DK1"},
}


# --- in real time ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """How a call ended, and after how many seconds."""

    outcome: Outcome
    seconds: float


def answering_after(seconds: float, operation: str) -> Script:
    """The good answer, so late."""

    def answer(connection: Any) -> object:
        if not hung_up(connection, within=seconds):
            connection.sendall(http(200, GOOD[operation.partition(" ")[0]]))
        return STOP

    return answer


LIMITS = {"token": 2.0, "inquiry in 5 s": 3.0, "inquiry": 14.0, "balance": 14.0, "status": 14.0, "transfer": 14.0}
"""Seconds that each call waits for its answer. A token has three for signing, connecting and waiting."""
MARGIN = 0.5
SLOW = {
    f"{operation}, {side}": (operation, answering_after(limit + off, operation))
    for operation, limit in LIMITS.items()
    for side, off in (("inside", -MARGIN), ("outside", MARGIN))
}
TRICKLES = {
    "inquiry in 5 s": 5.0,
    "inquiry": 16.0,
    "transfer": 17.0,
}
"""Seconds to connect and to wait, together: the longest that a call takes."""


@pytest.fixture(scope="module")
def ended() -> dict[str, Ended]:
    """All calls at once: together they take as long as the longest."""
    header_lines = [b"HTTP/1.1 200 OK\r\n", *[b"X-Slow: yes\r\n"] * 40]
    cases = SLOW | {f"{operation}, trickle": (operation, trickling(header_lines, every=1.5)) for operation in TRICKLES}

    def run(operation: str, script: Script) -> Ended:
        with listening(script) as peer, client_of(peer.url) as doku:
            began = time.monotonic()
            return Ended(doku.outcome(operation), time.monotonic() - began)

    with ThreadPoolExecutor(len(cases)) as pool:
        running: dict[str, Future[Ended]] = {name: pool.submit(run, *case) for name, case in cases.items()}
        return {name: future.result() for name, future in running.items()}


@pytest.mark.covers(9, 10)
@pytest.mark.parametrize("operation", LIMITS)
def test_an_answer_just_inside_the_limit_counts(ended: dict[str, Ended], operation: str) -> None:
    assert ended[f"{operation}, inside"].outcome is Outcome.ACCEPTED


@pytest.mark.covers(9, 10)
@pytest.mark.parametrize("operation", LIMITS)
def test_an_answer_just_outside_the_limit_is_not_waited_for(ended: dict[str, Ended], operation: str) -> None:
    late = ended[f"{operation}, outside"]
    assert late.outcome is Outcome.IN_DOUBT
    assert LIMITS[operation] - MARGIN < late.seconds < LIMITS[operation] + MARGIN


@pytest.mark.covers(10)
@pytest.mark.parametrize("operation", TRICKLES)
def test_slow_headers_count_against_the_deadline(ended: dict[str, Ended], operation: str) -> None:
    trickled = ended[f"{operation}, trickle"]
    assert trickled.outcome is Outcome.IN_DOUBT
    assert trickled.seconds < TRICKLES[operation] + MARGIN


def test_a_question_without_time_for_its_answer_is_not_asked() -> None:
    with client_of("http://127.0.0.1:9") as doku, pytest.raises(NeverSent, match="too little time"):
        doku.client.inquire(REQUEST, lambda: 3.9)


def test_a_create_with_its_slowest_calls_fits_into_the_function() -> None:
    function = translated().of_type("AWS::Lambda::Function")["TransferApiFunction"]["Timeout"]
    before_the_transfer = function - time_limits.SEND_SECONDS
    assert time_limits.fitted(time_limits.QUESTION, before_the_transfer - time_limits.TABLE_SECONDS) == (2, 7)
    assert time_limits.SEND_SECONDS == sum(time_limits.TRANSFER) + 2 == 19


# --- whose answer it is ----------------------------------------------------------------------------------

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
    with listening(saying(http(code // 10_000, body))) as peer, client_of(peer.url) as doku:
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
        again = http(200, {**GOOD["inquiry"], "beneficiaryAccountNumber": f"8377388{len(numbers)}1"})
        fresh = http(200, {**GOOD["inquiry"], "beneficiaryAccountNumber": account})
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
        refused = http(403, {"responseCode": "4034314"})
        connection.sendall(refused if connection not in seen else refused + http(200, GOOD["transfer"]))
        seen.append(connection)

    with listening(answer) as peer, client_of(peer.url) as doku:
        doku.client.transfer(INTENT, "1", AUTHORITY)
        doku.client.transfer(INTENT, "2", AUTHORITY)
        assert peer.connections == len(peer.requests) == 2
