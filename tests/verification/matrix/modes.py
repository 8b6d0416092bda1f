"""Fault modes: the ways in which a call fails."""

import json
from collections.abc import Mapping
from enum import StrEnum

from tests.verification.matrix.calls import S3, WEBHOOK, Call

_HTML = b"<html><head><title>Service Unavailable</title></head><body>please try later</body></html>"
_REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Unavailable",
}


class Mode(StrEnum):
    """What happens to a call, on every try unless the mode says `once`."""

    DROP = "drop"
    """The request never arrives; the connection closes without an answer."""
    LOSE_REPLY = "lose-reply"
    """The service executes the call; the connection closes without an answer."""
    LOSE_REPLY_ONCE = "lose-reply-once"
    """The same for the first try; botocore's second try succeeds."""
    DELAY = "delay"
    """The request is held until the caller has given up, and arrives then."""
    DELAY_ONCE = "delay-once"
    """The same for the first try; botocore's second try arrives before it."""
    THROTTLE = "429"
    """Throttled; not executed."""
    ERROR = "500"
    """Executed, and answered with 500."""
    UNAVAILABLE = "503"
    """Not executed; a load balancer's HTML page."""
    GARBAGE = "garbage"
    """Executed, and answered with something that is not JSON."""
    INSIDE = "inside"
    """DOKU only: executed, and answered just within the read timeout."""
    HEAD_INSIDE = "head-inside"
    """DOKU only: the response head comes line by line, just within the total deadline."""
    HEAD_OUTSIDE = "head-outside"
    """DOKU and the webhooks' receiver: the response head comes line by line without end; each line is in time."""
    LATE_DUPLICATE = "late-duplicate"
    """DOKU only: a correct answer. The next request on this connection is executed, and answered with the refusal of
    another transfer."""
    CROSSED = "crossed"
    """DOKU only, inquiry and status: the answer is about another account or transfer."""
    CONTRADICTORY = "contradictory"
    """DOKU only, status: a duplicate JSON field, once with "failed" and once with the true status."""
    DEAD_TOKENS = "dead-tokens"
    """DOKU only, token: this token and the next are refused at their first use."""
    REFUSED_AND_EXECUTED = "refused-and-executed"
    """DOKU only, transfer: executed, and answered with 401."""
    KILL_BEFORE = "kill-before"
    """`kill -9` of the function process; the request never arrives."""
    KILL_AFTER = "kill-after"
    """Executed, and `kill -9` of the function process before the answer arrives."""


ONCE = frozenset({Mode.LOSE_REPLY_ONCE, Mode.DELAY_ONCE})
"""Only for AWS calls, which botocore retries."""
KILLS = frozenset({Mode.KILL_BEFORE, Mode.KILL_AFTER})
DELAYS = frozenset({Mode.DELAY, Mode.DELAY_ONCE})
IN_TIME = frozenset({Mode.INSIDE, Mode.HEAD_INSIDE})
"""The answer is complete within the limits, so the product must use it."""
WAITS = DELAYS | IN_TIME | {Mode.HEAD_OUTSIDE}
"""The cell waits for seconds."""
HONEST = IN_TIME | {Mode.HEAD_OUTSIDE, Mode.LATE_DUPLICATE}
"""DOKU processes the call as it would without a fault."""
BY_DOKU: Mapping[Mode, tuple[str, Mapping[str, object]]] = {
    Mode.CROSSED: ("crossed", {}),
    Mode.CONTRADICTORY: ("contradictory", {"how": "duplicate-members"}),
    Mode.DEAD_TOKENS: ("dead-token", {"times": 2}),
    Mode.REFUSED_AND_EXECUTED: ("unauthorized-after", {}),
}
"""Modes that the simulator provides: its fault kind and options."""
_ONLY = {
    Mode.CROSSED: ("doku.inquiry", "doku.status"),
    Mode.CONTRADICTORY: ("doku.status",),
    Mode.DEAD_TOKENS: ("doku.token",),
    Mode.REFUSED_AND_EXECUTED: ("doku.transfer",),
}
_LIMITS = {WEBHOOK: (7.0, 10.0), "doku.transfer": (14.0, 17.0), "doku.token": (2.0, 3.0), "doku.inquiry": (7.0, 9.0)}
_QUESTION = (14.0, 16.0)


def goes_with(mode: Mode, label: str) -> bool:
    """True if the mode applies to calls with this label, such as `doku.status#1`."""
    name = label.partition("#")[0]
    if name == WEBHOOK:
        return mode not in IN_TIME | BY_DOKU.keys() | ONCE | {Mode.LATE_DUPLICATE}
    if not name.startswith("doku."):
        return mode not in IN_TIME | BY_DOKU.keys() | {Mode.HEAD_OUTSIDE, Mode.LATE_DUPLICATE}
    return mode not in ONCE and name in _ONLY.get(mode, (name,))


def limits(name: str) -> tuple[float, float]:
    """Read timeout and total deadline of a DOKU call, in seconds. Of an inquiry, those before a transfer."""
    return _LIMITS.get(name, _QUESTION)


def longest(name: str) -> float:
    """The longest that a DOKU call may take, in seconds. An inquiry alone has more time than one before a transfer."""
    return max(limits(name)[1], _QUESTION[1]) if name == "doku.inquiry" else limits(name)[1]


NOT_FORWARDED = frozenset({Mode.DROP, Mode.THROTTLE, Mode.UNAVAILABLE, Mode.KILL_BEFORE})
ANSWERED = frozenset({Mode.THROTTLE, Mode.ERROR, Mode.UNAVAILABLE, Mode.GARBAGE})


def answer(mode: Mode, call: Call) -> bytes:
    """The complete HTTP answer that replaces the service's own, for the modes in ANSWERED."""
    if mode is Mode.GARBAGE:
        return _http(200, _HTML[:40])
    if mode is Mode.UNAVAILABLE:
        return _http(503, _HTML)
    if call.to_doku:
        status = 429 if mode is Mode.THROTTLE else 500
        body = {"responseCode": f"{status}{call.service_code}00", "responseMessage": _REASONS[status]}
        return _http(status, json.dumps(body).encode())
    if call.name == WEBHOOK:
        return _http(429 if mode is Mode.THROTTLE else 500, b"")
    if call.name.startswith(S3):
        code, status = ("SlowDown", 503) if mode is Mode.THROTTLE else ("InternalError", 500)
        return _http(status, f"<Error><Code>{code}</Code><Message>try again</Message></Error>".encode())
    if mode is Mode.THROTTLE:  # the others throttle with status 400
        return _http(400, b'{"__type": "com.amazonaws#ThrottlingException", "message": "Rate exceeded"}')
    return _http(500, b'{"__type": "com.amazonaws#InternalServerError", "message": "try again"}')


def _http(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def refusal(call: Call) -> bytes:
    """DOKU's refusal for insufficient funds. It names no reference."""
    code = f"403{call.service_code}14"
    return _http(403, json.dumps({"responseCode": code, "responseMessage": "Insufficient Funds"}).encode())
