"""The ways in which a call is broken."""

import json
from collections.abc import Mapping
from enum import StrEnum

from tests.verification.matrix.calls import Call

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
    """What happens to a call, to every try of it unless it says `once`."""

    DROP = "drop"
    """The request never arrives: the connection ends without an answer."""
    LOSE_REPLY = "lose-reply"
    """It is carried out, and the connection ends without an answer."""
    LOSE_REPLY_ONCE = "lose-reply-once"
    """The same for the first try; botocore's second gets through."""
    DELAY = "delay"
    """It is held until the caller has given up, and arrives then."""
    DELAY_ONCE = "delay-once"
    """The same for the first try; botocore's second overtakes it."""
    THROTTLE = "429"
    """Refused, not carried out."""
    ERROR = "500"
    """Carried out, and answered with 500."""
    UNAVAILABLE = "503"
    """Not carried out; a load balancer's page."""
    GARBAGE = "garbage"
    """Carried out, and answered with what is no JSON."""
    INSIDE = "inside"
    """Of DOKU: carried out, and answered just inside the call's limit."""
    HEAD_INSIDE = "head-inside"
    """Of DOKU: the head of the answer comes line by line, just inside the limit."""
    HEAD_OUTSIDE = "head-outside"
    """Of DOKU: the head comes line by line and without end; each line comes in time."""
    LATE_DUPLICATE = "late-duplicate"
    """Of DOKU: answered as it should be; the next request on this connection is carried out, and a refusal that belongs
    to another transfer is what comes back."""
    CROSSED = "crossed"
    """Of DOKU, a question: the answer is about another account or transfer."""
    CONTRADICTORY = "contradictory"
    """Of DOKU, a status check: two members of one name, which say failed and what is."""
    DEAD_TOKENS = "dead-tokens"
    """Of DOKU, a token: this one and the next are refused at their first use."""
    REFUSED_AND_EXECUTED = "refused-and-executed"
    """Of DOKU, a transfer: carried out, and answered with 401."""
    KILL_BEFORE = "kill-before"
    """`kill -9` of the worker; the request never arrives."""
    KILL_AFTER = "kill-after"
    """It is carried out, and `kill -9` of the worker comes before the answer."""


ONCE = frozenset({Mode.LOSE_REPLY_ONCE, Mode.DELAY_ONCE})
"""Only where botocore tries again by itself."""
KILLS = frozenset({Mode.KILL_BEFORE, Mode.KILL_AFTER})
DELAYS = frozenset({Mode.DELAY, Mode.DELAY_ONCE})
BEGUN_IN_TIME = frozenset({Mode.INSIDE, Mode.HEAD_INSIDE})
"""What a call waits for, so that nothing may be lost of it."""
HONEST = BEGUN_IN_TIME | {Mode.HEAD_OUTSIDE, Mode.LATE_DUPLICATE}
"""DOKU does with this call what it would do anyway."""
BY_DOKU: Mapping[Mode, tuple[str, Mapping[str, object]]] = {
    Mode.CROSSED: ("crossed", {}),
    Mode.CONTRADICTORY: ("contradictory", {"how": "duplicate-members"}),
    Mode.DEAD_TOKENS: ("dead-token", {"times": 2}),
    Mode.REFUSED_AND_EXECUTED: ("unauthorized-after", {}),
}
"""Modes that are the simulator's own: its kind of fault, and the options."""
_ONLY = {
    Mode.CROSSED: ("doku.inquiry", "doku.status"),
    Mode.CONTRADICTORY: ("doku.status",),
    Mode.DEAD_TOKENS: ("doku.token",),
    Mode.REFUSED_AND_EXECUTED: ("doku.transfer",),
}
_LIMITS = {"doku.transfer": (14.0, 17.0), "doku.token": (2.0, 3.0)}
_QUICK = (4.0, 6.0)


def goes_with(mode: Mode, label: str) -> bool:
    """Whether a call of this label, such as `doku.status#1`, can be broken so."""
    name = label.partition("#")[0]
    if not name.startswith("doku."):
        return mode not in BEGUN_IN_TIME | BY_DOKU.keys() | {Mode.HEAD_OUTSIDE, Mode.LATE_DUPLICATE}
    return mode not in ONCE and name in _ONLY.get(mode, (name,))


def limits(name: str) -> tuple[float, float]:
    """How long a call of DOKU may wait for the next bytes, and how long it may take in all, in seconds."""
    return _LIMITS.get(name, _QUICK)


NOT_FORWARDED = frozenset({Mode.DROP, Mode.THROTTLE, Mode.UNAVAILABLE, Mode.KILL_BEFORE})
ANSWERED = frozenset({Mode.THROTTLE, Mode.ERROR, Mode.UNAVAILABLE, Mode.GARBAGE})


def answer(mode: Mode, call: Call) -> bytes:
    """The whole HTTP answer that stands for the service's own, one of ANSWERED."""
    if mode is Mode.GARBAGE:
        return _http(200, _HTML[:40])
    if mode is Mode.UNAVAILABLE:
        return _http(503, _HTML)
    if call.to_doku:
        status = 429 if mode is Mode.THROTTLE else 500
        body = {"responseCode": f"{status}{call.service_code}00", "responseMessage": _REASONS[status]}
        return _http(status, json.dumps(body).encode())
    if mode is Mode.THROTTLE:  # which AWS says with 400
        return _http(400, b'{"__type": "com.amazonaws#ThrottlingException", "message": "Rate exceeded"}')
    return _http(500, b'{"__type": "com.amazonaws#InternalServerError", "message": "try again"}')


def _http(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def refusal(call: Call) -> bytes:
    """What DOKU answers to a transfer that the balance does not cover; it names no reference."""
    code = f"403{call.service_code}14"
    return _http(403, json.dumps({"responseCode": code, "responseMessage": "Insufficient Funds"}).encode())
