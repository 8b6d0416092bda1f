"""The console's files and the local run's own routes are served to this machine's browser only."""

import json
from typing import Any

import pytest

from local.gateway import console
from local.gateway.api import LocalHandler
from local.gateway.http_server import Request

HOST = ("Host", "127.0.0.1:3000")
OURS = ("X-Local-Console", "1")


class Queue:
    """A queue that hands out these bodies."""

    def __init__(self, *bodies: str) -> None:
        self._bodies = bodies

    def receive_message(self, **_: Any) -> dict[str, Any]:
        return {"Messages": [{"MessageId": str(number), "Body": body} for number, body in enumerate(self._bodies)]}


def routes(*bodies: str) -> dict[str, LocalHandler]:
    return console.local_routes({"token": lambda: "a-token"}, None, Queue(*bodies), "queue", lambda: 1_726_558_912.0)


def test_console_files_are_served_with_type_and_guards() -> None:
    served = console.files()

    assert {"/", "/index.html", "/app.js", "/style.css", "/views/transfer.js", "/strings/id.js"} <= served.keys()
    for path, handler in served.items():
        response = handler(Request.of("GET", path, (HOST,)))
        headers = dict(response.headers)
        assert response.status_code == 200, path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert dict(served["/app.js"](Request.of("GET", "/app.js", (HOST,))).headers)["Content-Type"].startswith(
        "text/javascript"
    )


def test_a_page_may_upload_to_s3_and_nowhere_else() -> None:
    served = console.files(uploads_to="http://127.0.0.1:3003")["/"](Request.of("GET", "/", (HOST,)))
    assert "; connect-src 'self' http://127.0.0.1:3003; " in dict(served.headers)["Content-Security-Policy"]
    alone = console.files()["/"](Request.of("GET", "/", (HOST,)))
    assert "; connect-src 'self'; " in dict(alone.headers)["Content-Security-Policy"]


@pytest.mark.parametrize("host", [None, "api-sandbox.doku.com"])
def test_the_configuration_names_a_real_doku(host: str | None) -> None:
    answer = console.files(host)["/config.json"](Request.of("GET", "/config.json", (HOST,)))

    assert json.loads(answer.data) == {"apiUrl": "", "local": True, "dokuHost": host}


def test_nothing_but_the_listed_files_has_a_path() -> None:
    assert not [path for path in console.files() if ".." in path or path.endswith((".py", ".pem"))]


def test_a_file_is_only_read() -> None:
    assert console.files()["/"](Request.of("POST", "/", (HOST,))).status_code == 405


@pytest.mark.parametrize(
    "host", ["evil.example.com:3000", "127.0.0.1.evil.example.com:3000", "", "127.0.0.1@evil:3000"]
)
def test_another_host_name_gets_nothing(host: str) -> None:
    """DNS rebinding: a page of another site whose name resolves to this machine."""
    headers = (("Host", host), OURS)

    assert console.files()["/"](Request.of("GET", "/", headers)).status_code == 403
    for path, handler in routes().items():
        assert handler(Request.of("GET", path, headers)).status_code == 403


def test_the_token_is_for_our_own_page_alone() -> None:
    """A header that another site may send only if CORS allows it, which it does not."""
    session = routes()["/_local/session"]

    assert session(Request.of("GET", "/_local/session", (HOST,))).status_code == 403
    assert session(Request.of("OPTIONS", "/_local/session", (HOST, OURS))).status_code == 405
    answer = session(Request.of("GET", "/_local/session", (HOST, OURS)))
    assert json.loads(answer.data) == {"token": "a-token", "simulator": False, "now": 1_726_558_912.0}
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


def test_a_dead_message_that_is_none_of_ours_is_shown_as_such() -> None:
    handler = routes("no JSON", "{}")["/_local/dead-notifications"]

    answer = handler(Request.of("GET", "/_local/dead-notifications", (HOST, OURS)))

    assert json.loads(answer.data) == {"notifications": [{"messageId": "0"}, {"messageId": "1"}]}
