"""The simulator's control API and command line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from local.doku_simulator import Settings
from local.doku_simulator.control import Control
from tests.support.merchant import Json, Merchant, code, key, private_pem, public_pem


def test_reset_keeps_only_clock_and_token(doku: Merchant) -> None:
    doku.pay("PAY-1")
    doku.control.account("014", "555", None)
    doku.control.fault("balance", "throttled", times=None)
    doku.control.settings(strict=True)
    doku.control.advance(60)
    now = doku.control.now()
    doku.control.reset()
    assert doku.control.now() >= now
    assert doku.control.ledger() == {
        "deposit": "1000000000.00",
        "debits": [],
        "transfers": [],
        "requests": [],
        "tokenRequests": [],
        "notifications": [],
    }
    assert code(doku.balance()) == "2001100"
    assert doku.control.settings()["strict"] is False
    assert code(doku.inquire("555")) == "2004200"


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/clock", {}, "advanceSeconds"),
        ("/clock", {"advanceSeconds": -1}, "advanceSeconds"),
        ("/clock", {"advanceSeconds": True}, "advanceSeconds"),
        ("/clock", [], "JSON object"),
        ("/deposit", {"value": 1000}, "value is needed"),
        ("/deposit", {"value": "1000"}, "two decimals"),
        ("/accounts", {"bankCode": "014", "accountNumber": "1"}, "name is needed"),
        ("/settings", {"colour": "red"}, "no such setting: colour"),
        ("/settings", {"client_secret": "x"}, "no such setting: client_secret"),
        ("/settings", {"strict": "yes"}, "strict must be bool"),
        ("/settings", {"balanceShape": "round"}, "balance_shape must be one of docs, live"),
        ("/secret", {}, "clientSecret"),
        ("/secret", {"clientSecret": "x", "more": "y"}, "nothing else"),
        ("/secret", {"publicKey": "nonsense"}, ""),
        ("/secret", {"notificationKey": "short"}, "16, 24 or 32"),
        ("/faults", {}, "operation and kind are needed"),
    ],
)
def test_bad_input_is_answered_400_with_the_reason(doku: Merchant, path: str, body: Any, message: str) -> None:
    answer = requests.post(f"{doku.simulator.url}/_simulator{path}", json=body, timeout=10)
    assert answer.status_code == 400
    assert message in answer.json()["error"]


def test_settings_from_the_merchants_secret() -> None:
    secret = {
        "clientId": "BRN-7",
        "clientSecret": "SK-7",
        "privateKey": private_pem(key()),
        "agentKey": "A7",
        "notificationKey": "k" * 32,
    }
    settings = Settings.from_secret(secret, deposit="5.00")
    assert settings == Settings(
        client_id="BRN-7",
        client_secret="SK-7",
        public_key=public_pem(key()),
        agent_key="A7",
        notification_key="k" * 32,
        deposit="5.00",
    )


@pytest.mark.parametrize("bad", [{"deposit": "5"}, {"notification_key": "short"}, {"unpaid_answer": "5004300"}])
def test_settings_that_cannot_be_are_refused(bad: Json) -> None:
    with pytest.raises(ValueError, match=r"amount|notification_key|unpaid_answer"):
        Settings(**bad)


def test_it_serves_from_the_command_line_until_terminated(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    names = {"clientId": "BRN-7", "clientSecret": "SK-7", "agentKey": "A7", "notificationKey": "k" * 16}
    secret.write_text(json.dumps(names | {"privateKey": private_pem(key())}))
    command = [sys.executable, "-m", "local.doku_simulator", "--port", "0", "--secret-file", str(secret)]
    with subprocess.Popen([*command, "--deposit", "5.00"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[3].rstrip(",")
        assert Control(url).ledger()["deposit"] == "5.00"
        process.terminate()
        assert process.wait(timeout=10) == 0
