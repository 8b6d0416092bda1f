"""Jakarta time (WIB, UTC+7, no summer time): DOKU's days, odd hours and ways to write a moment (epoch seconds)."""

from datetime import UTC, datetime, timedelta, timezone

WIB = timezone(timedelta(hours=7))


def at_wib(moment: float) -> datetime:
    """The moment in Jakarta."""
    return datetime.fromtimestamp(moment, WIB)


def day(moment: float) -> str:
    """The day in Jakarta, "2024-09-17": X-EXTERNAL-ID is unique within it."""
    return at_wib(moment).date().isoformat()


def iso(moment: float) -> str:
    """ "2022-11-11T10:51:48+07:00"."""
    return at_wib(moment).isoformat(timespec="seconds")


def iso_with_blank(moment: float) -> str:
    """ "2024-09-17T14:41:52. 022+07:00": check status' sample has a blank before the milliseconds."""
    return at_wib(moment).isoformat(timespec="milliseconds").replace(".", ". ")


def plain(moment: float) -> str:
    """ "2024-09-17 13:56:57", as in `cashInTime`."""
    return at_wib(moment).strftime("%Y-%m-%d %H:%M:%S")


def quoted(moment: float) -> str:
    """ "2024-01-12'T'07:30:12": `processDate` of a notification has literal apostrophes."""
    return at_wib(moment).strftime("%Y-%m-%d'T'%H:%M:%S")


def spring(moment: float) -> str:
    """ "2024-09-17T07:41:52.022+00:00", as in a Spring error body."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


def parse_iso(text: str) -> float:
    """Epoch seconds from an ISO 8601 date and time of any offset ("Z" too). ValueError without an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no offset: {text!r}")
    return moment.timestamp()


def next_odd_hour(moment: float) -> float:
    """The next full odd hour in Jakarta (13:00, 15:00 ...), after `moment`."""
    hour = at_wib(moment).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return (hour if hour.hour % 2 else hour + timedelta(hours=1)).timestamp()
