"""The ways in which a call is broken."""

import json
from enum import StrEnum

from proofs.matrix.calls import Call

_HTML = b"<html><head><title>Service Unavailable</title></head><body>please try later</body></html>"
_REASONS = {200: "OK", 400: "Bad Request", 429: "Too Many Requests", 500: "Internal Server Error", 503: "Unavailable"}


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
    KILL_BEFORE = "kill-before"
    """`kill -9` of the worker; the request never arrives."""
    KILL_AFTER = "kill-after"
    """It is carried out, and `kill -9` of the worker comes before the answer."""


ONCE = frozenset({Mode.LOSE_REPLY_ONCE, Mode.DELAY_ONCE})
"""Only where botocore tries again by itself."""
KILLS = frozenset({Mode.KILL_BEFORE, Mode.KILL_AFTER})
DELAYS = frozenset({Mode.DELAY, Mode.DELAY_ONCE})
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
