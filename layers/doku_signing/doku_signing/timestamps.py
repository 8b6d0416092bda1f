"""Timestamps and X-EXTERNAL-ID in DOKU's formats. Times are seconds since the epoch."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

WIB = timezone(timedelta(hours=7), "WIB")
"""Western Indonesia Time, Asia/Jakarta: UTC+7 all year, so no time zone database is needed."""


def token_timestamp(now: float) -> str:
    """`now` for the token call: UTC with `Z`, whole seconds, such as `2020-09-22T01:51:00Z`."""
    return datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def request_timestamp(now: float) -> str:
    """`now` for every other call: WIB with its offset, whole seconds, such as `2020-12-21T14:56:11+07:00`."""
    return datetime.fromtimestamp(int(now), WIB).isoformat(timespec="seconds")


def external_id(now: float, randbelow: Callable[[int], int] = secrets.randbelow) -> str:
    """A fresh X-EXTERNAL-ID: 32 digits, the time in milliseconds and 19 random ones, unique within a day and beyond."""
    return f"{int(now * 1000):013d}{randbelow(10**19):019d}"
