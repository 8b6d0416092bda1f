"""No line of the log holds anything personal or secret, whatever was sent (I17)."""

import json
import re
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from tests.integration.api_input.requests import UNREADABLE, event, inquiry
from tests.support.harness import Context, World, order
from tests.support.log_watch import without_folders
from transfer_api.app import create_handler

PERSONAL = {
    "beneficiaryAccountNumber": "5512345098",
    "customerNumber": "628999000111",
    "beneficiaryAccountName": "QZAHRA WIDODO",
    "beneficiaryPhoneNumber": "628999000222",
    "senderFirstName": "QZJOHN",
    "senderLastName": "QZDOE",
    "senderPersonalId": "3171000000990001",
    "remark": "QZREMARK",
}
SECRETS = re.compile(r"eyJ|Bearer|BEGIN|[A-Za-z0-9+/]{60,}")


def all_kinds_of_requests(world: World) -> list[dict[str, Any]]:
    """Good ones, refused ones, and good ones with what is personal in the wrong place."""
    body = order(**PERSONAL)
    reference = body["partnerReferenceNo"]
    wrong: list[Any] = [{**body, "status": "x"}, {**body, **{value: value for value in PERSONAL.values()}}]
    wrong += [{**body, field: value + "\r\n"} for field, value in PERSONAL.items()]
    wrong += [{**body, "amount": value} for value in PERSONAL.values()]
    wrong += [{**body, "additionalInfo": {field: value[:-1]}} for field, value in PERSONAL.items()]
    return [
        *(event(json.dumps(one)) for one in [body, body, {**body, "remark": "QZREMARK 2"}, *wrong]),
        *(event(text) for text in UNREADABLE.values()),
        event(
            json.dumps(inquiry(**{name: PERSONAL[name] for name in inquiry() if name in PERSONAL})),
            path="/v1/account-inquiries",
        ),
        event(json.dumps({**order(**PERSONAL), "beneficiaryAccountName": "QZOTHER"})),
        event(json.dumps(order(**PERSONAL, sessionId="I0000000000000000"))),
        event(json.dumps(body), headers={"Idempotency-Key": "QZKEY 628999000111"}),
        event(method="GET", path=f"/v1/transfers/{reference}", query={"refresh": "true"}),
        event(method="POST", path=f"/v1/transfers/{reference}/status-checks"),
        event(method="GET", path="/v1/transfers", query={"cursor": "628999000111", "day": "5512345098"}),
        event(method="GET", path="/v1/transfers"),
        event(method="GET", path="/v1/balance"),
        event(method="GET", path="/v1/banks", query={"query": "QZJOHN"}),
    ]


@pytest.mark.covers("I17")
def test_no_line_of_the_log_holds_anything_personal_or_secret(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, world: World
) -> None:
    caplog.set_level("INFO")
    world.doku.account("014", PERSONAL["beneficiaryAccountNumber"], PERSONAL["beneficiaryAccountName"])
    handler = create_handler(world.services, Logger(service="payouts-that-are-read"))
    requests = all_kinds_of_requests(world)

    def fail() -> None:
        raise RuntimeError(f"unforeseen, about {PERSONAL}")

    answers = [handler(one, Context()) for one in requests]  # type: ignore[arg-type]
    world.doku.fault("transfer", "error-after", times=1)
    answers.append(handler(event(json.dumps(order(**PERSONAL))), Context()))  # type: ignore[arg-type]
    world.faults.before["GetItem"] = [fail]
    answers.append(handler(event(json.dumps(order(**PERSONAL))), Context()))  # type: ignore[arg-type]
    captured = capsys.readouterr()
    lines = captured.out.splitlines() + captured.err.splitlines()
    assert {201, 400, 404, 409, 422, 500} - {404} <= {answer["statusCode"] for answer in answers}
    written = [json.loads(line) for line in captured.out.splitlines()]
    logged = [one for one in written if "_aws" not in one]
    routes = [one["routeKey"] for one in requests] + ["POST /v1/transfers"] * 2
    read = [(route.startswith("GET "), answer["statusCode"]) for route, answer in zip(routes, answers, strict=True)]
    assert [one["status"] for one in logged if one["message"] == "request"] == [
        status for is_read, status in read if (is_read, status) != (True, 200)
    ]
    assert [one["error"].partition(" ")[0] for one in logged if one["level"] == "ERROR"] == ["RuntimeError"]
    for line in [*lines, *caplog.text.splitlines()]:
        for value in (*PERSONAL.values(), "QZ", "89012345"):
            assert value not in line, line
        assert SECRETS.search(without_folders(line)) is None, line
