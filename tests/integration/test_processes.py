"""Real processes over HTTP: kill -9 during a transfer, many at once, authorization (I17, I18)."""

import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import requests

from local.stack import LocalStack
from tests.integration.batches.rows import ACCOUNT, LINE, spreadsheet
from tests.support.harness import order
from tests.support.log_watch import leaks
from tests.support.waiting import until

API = "TransferApiFunction"


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack(concurrency=2) as running:
        yield running


def call(stack: LocalStack, method: str, path: str, body: Any = None, **claims: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {stack.token(**claims)}"}
    return requests.request(method, stack.api_url + path, json=body, headers=headers, timeout=60)


def debited(stack: LocalStack, reference: str) -> int:
    return sum(one["partnerReferenceNo"] == reference for one in stack.simulator.ledger()["debits"])


def sent(stack: LocalStack, reference: str) -> int:
    requests_ = stack.simulator.ledger()["requests"]
    return sum((one["operation"], one["partnerReferenceNo"]) == ("transfer", reference) for one in requests_)


def status_after_the_next_tick(stack: LocalStack) -> None:
    stack.simulator.advance(67)
    stack.tick()


@pytest.mark.covers(3, 6, 7, "I1", "I13")
def test_kill_9_while_doku_executes_loses_nothing(stack: LocalStack) -> None:
    """Lambda's own time-out and an out-of-memory kill look the same."""
    body = order()
    reference = body["partnerReferenceNo"]
    stack.simulator.fault("transfer", "hold-after", partnerReferenceNo=reference)
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(call, stack, "POST", "/v1/transfers", body)
        until(lambda: debited(stack, reference) == 1)
        stack.functions[API].kill()
        assert answer.result().status_code == 500
    stack.simulator.heal()
    replay = call(stack, "POST", "/v1/transfers", body)
    assert (replay.status_code, replay.json()["status"]) == (202, "SUBMITTING")
    status_after_the_next_tick(stack)
    assert call(stack, "GET", f"/v1/transfers/{reference}").json()["status"] == "SUCCESS"
    assert sent(stack, reference) == debited(stack, reference) == 1


@pytest.mark.covers(26, "I1")
def test_many_processes_with_one_key_pay_once(stack: LocalStack) -> None:
    """26, with real processes."""
    body = order()
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: call(stack, "POST", "/v1/transfers", body), range(16)))
    assert {answer.status_code for answer in answers} <= {201, 202}
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert sent(stack, body["partnerReferenceNo"]) == debited(stack, body["partnerReferenceNo"]) == 1


@pytest.mark.covers("I18")
@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"scopes": ["transfers:read"]}, 403),
        ({"scopes": []}, 403),
        ({"aud": "somebody-else"}, 401),
        ({"iss": "https://elsewhere.example.com/"}, 401),
        ({"exp": 1_000_000_000}, 401),
    ],
    ids=["read scope only", "no scope", "audience", "issuer", "expired"],
)
def test_what_the_token_does_not_allow_does_not_happen(stack: LocalStack, claims: dict[str, Any], status: int) -> None:
    body = order()
    assert call(stack, "POST", "/v1/transfers", body, **claims).status_code == status
    assert sent(stack, body["partnerReferenceNo"]) == 0
    assert call(stack, "GET", f"/v1/transfers/{body['partnerReferenceNo']}").status_code == 404


@pytest.mark.covers("I18")
@pytest.mark.parametrize(
    "path",
    [
        *("/v1/%74ransfers", "/v1/transfers%0A", "/v1/transfers%2F", "/v1//transfers", "/v1/transfers%3Fx"),
        "/v1/transfers/",
    ],
)
def test_no_spelling_of_the_path_gets_around_a_scope(stack: LocalStack, path: str) -> None:
    body = order()
    read_only = stack.token(scopes=["transfers:read"])
    request = Request(stack.api_url + path, json.dumps(body).encode(), {"Authorization": f"Bearer {read_only}"})
    with pytest.raises(HTTPError) as refused:
        urlopen(request, timeout=20)
    assert refused.value.code in (403, 404)
    assert sent(stack, body["partnerReferenceNo"]) == 0


@pytest.mark.covers("I18")
def test_without_a_token_nothing_happens(stack: LocalStack) -> None:
    assert requests.post(f"{stack.api_url}/v1/transfers", json=order(), timeout=10).status_code == 401
    assert requests.get(f"{stack.api_url}/health", timeout=10).json() == {"status": "ok"}


@pytest.mark.covers("I17")
def test_no_function_logs_secrets_or_personal_data(stack: LocalStack) -> None:
    body = order(beneficiaryAccountNumber="5566123459", customerNumber="6281199988877", senderPersonalId="317199887")
    call(stack, "POST", "/v1/transfers", body)
    call(stack, "POST", "/v1/transfers", {**body, "beneficiaryAccountName": "SOMEBODY ELSE"})
    stack.simulator.advance(300)
    stack.drain()
    stack.tick()
    logs = stack.logs()
    assert "notification applied" in logs
    secret = stack.aws.secretsmanager.get_secret_value(SecretId=stack.variable("DOKU_SECRET_ID"))["SecretString"]
    values = re.findall(r'"(?:clientSecret|notificationKey|privateKey)": "([^"]{8})', secret)
    personal = [body[name] for name in ("beneficiaryAccountNumber", "customerNumber", "senderPersonalId")]
    assert [one for one in (*values, *personal, "SUHUT", "SOMEBODY") if one in logs] == []
    assert leaks(logs.splitlines(), ()) == []


def test_a_page_uploads_a_spreadsheet_that_a_worker_reads(stack: LocalStack, tmp_path: Path) -> None:
    """As a browser does it: a preflight, and a form of another origin than the API's."""
    rows = [LINE.replace(ACCOUNT, f"60{number:04d}").split(",") for number in range(150)]
    content = spreadsheet(tmp_path / "payouts.xlsx", *rows)
    body = {"batchReference": "SPREADSHEET", "sha256": hashlib.sha256(content).hexdigest(), "expectedCount": 150}
    form = call(stack, "POST", "/v1/batches", body).json()["upload"]
    origin = {"Origin": stack.api_url}
    asked = requests.options(form["url"], headers={**origin, "Access-Control-Request-Method": "POST"}, timeout=60)
    uploaded = requests.post(form["url"], form["fields"], files={"file": content}, headers=origin, timeout=60)
    assert (asked.status_code, uploaded.status_code) == (200, 204)
    for answer in (asked, uploaded):
        assert answer.headers["Access-Control-Allow-Origin"] == stack.api_url
    page = requests.get(stack.api_url, timeout=60)
    assert (
        form["url"].rpartition("/")[0] in page.headers["Content-Security-Policy"].split("connect-src")[1].split(";")[0]
    )
    assert call(stack, "POST", "/v1/batches/SPREADSHEET/checks").status_code == 202
    stack.drain()
    found = call(stack, "GET", "/v1/batches/SPREADSHEET").json()
    assert (found["status"], found["payable"]["count"]) == ("READY", 150)
