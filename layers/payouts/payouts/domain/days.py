"""Days and times in WIB, as text such as `2024-09-17` and `2024-09-17T14:41:52+07:00`."""

from datetime import date, datetime, time, timedelta

from doku_signing.timestamps import WIB


def day_of(at: int) -> str:
    """The day of a time in milliseconds since the epoch."""
    return datetime.fromtimestamp(at / 1000, WIB).date().isoformat()


def day_after(day: str, days: int = 1) -> str:
    """The day so many days later."""
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


def start_of(day: str) -> int:
    """The beginning of a day, in milliseconds since the epoch."""
    return int(datetime.combine(date.fromisoformat(day), time(), WIB).timestamp()) * 1000


def time_of(at: int, precision: str = "seconds") -> str:
    """A time in milliseconds since the epoch as text, cut off at `seconds` or `milliseconds`."""
    return datetime.fromtimestamp(at / 1000, WIB).isoformat(timespec=precision)
