"""The functions' environment variables, read once at start. Errors name the missing or invalid variable."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network
from typing import TypeVar

from doku_signing.notification import Scheme
from payouts.domain.limits import AmountLimits, DailyLimit, PayoutLimits
from payouts.domain.money import Rupiah

T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)
_HOST = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
_LOOPBACK = r"127\.0\.0\.1|localhost|\[::1\]"
_URL = re.compile(rf"(https://{_HOST}|http://({_LOOPBACK}))(:(?P<port>[1-9][0-9]{{0,4}}))?", re.ASCII)


class ConfigurationError(Exception):
    """An environment variable is missing or invalid; the message names it."""


@dataclass(frozen=True, slots=True)
class DokuSettings:
    """DOKU's address and how to call it."""

    base_url: str
    path_prefix: str
    channel_id: str
    secret_id: str
    not_received_after_hours: int
    """Hours for which DOKU must have had no record of a transfer before it counts as not received."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "DokuSettings":
        """From `DOKU_*` and `NOT_RECEIVED_AFTER_HOURS`."""
        read = _Reader(environment)
        return cls(
            base_url=read("DOKU_BASE_URL", _url, "https://api-sandbox.doku.com"),
            path_prefix=read("DOKU_PATH_PREFIX", _path, "/v1.0"),
            channel_id=read("DOKU_CHANNEL_ID", _word, "H2H"),
            secret_id=read("DOKU_SECRET_ID", _word),
            not_received_after_hours=read("NOT_RECEIVED_AFTER_HOURS", _at_least(24), "72"),
        )


@dataclass(frozen=True, slots=True)
class TableSettings:
    """The DynamoDB table."""

    name: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "TableSettings":
        """From `TABLE_NAME`."""
        return cls(name=_Reader(environment)("TABLE_NAME", _word))


def amount_limits(environment: Mapping[str, str]) -> AmountLimits:
    """From `MIN_AMOUNT` and `MAX_AMOUNT`."""
    read = _Reader(environment)
    limits = AmountLimits(
        smallest=read("MIN_AMOUNT", Rupiah.parse, "10000.00"),
        largest=read("MAX_AMOUNT", Rupiah.parse, "250000000.00"),
    )
    if not Rupiah(0) < limits.smallest <= limits.largest:
        raise ConfigurationError("MIN_AMOUNT must be more than 0.00 and at most MAX_AMOUNT")
    return limits


def payout_limits(environment: Mapping[str, str]) -> PayoutLimits:
    """From `ACCEPT_TRANSFERS`, `DAILY_*_LIMIT` and `CALLER_DAILY_*_LIMIT`; empty or 0 means no limit."""
    read = _Reader(environment)
    return PayoutLimits(
        accept_transfers=read("ACCEPT_TRANSFERS", _one_of(_Boolean), _Boolean.TRUE) is _Boolean.TRUE,
        all_callers=_daily_limit(read, "DAILY_AMOUNT_LIMIT", "DAILY_COUNT_LIMIT"),
        each_caller=_daily_limit(read, "CALLER_DAILY_AMOUNT_LIMIT", "CALLER_DAILY_COUNT_LIMIT"),
    )


class _Boolean(StrEnum):
    TRUE = "true"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """How notifications are authenticated and where they are queued."""

    queue_url: str
    table_name: str
    """The table with the requestId of each notification."""
    secret_id: str
    scheme: Scheme
    sources: tuple[str, ...]
    """Networks that DOKU sends from; empty for any."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "ReceiverSettings":
        """From `NOTIFICATION_*`, `TABLE_NAME` and `DOKU_SECRET_ID`."""
        read = _Reader(environment)
        return cls(
            queue_url=read("NOTIFICATION_QUEUE_URL", _word),
            table_name=read("TABLE_NAME", _word),
            secret_id=read("DOKU_SECRET_ID", _word),
            scheme=read("NOTIFICATION_SIGNATURE", _one_of(Scheme), Scheme.AES_ECB),
            sources=read("NOTIFICATION_SOURCES", _networks, ""),
        )


@dataclass(frozen=True, slots=True)
class ProcessorSettings:
    """The notification queue."""

    queue_url: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "ProcessorSettings":
        """From `NOTIFICATION_QUEUE_URL`."""
        return cls(queue_url=_Reader(environment)("NOTIFICATION_QUEUE_URL", _word))


@dataclass(frozen=True, slots=True)
class PollerSettings:
    """The poller's concurrent status checks and the bucket of its daily report."""

    concurrency: int
    report_bucket: str
    """Empty for no report."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "PollerSettings":
        """From `POLL_CONCURRENCY` and `REPORT_BUCKET`."""
        read = _Reader(environment)
        return cls(
            concurrency=read("POLL_CONCURRENCY", _count, "16"),
            report_bucket=read("REPORT_BUCKET", str, ""),
        )


class RolloutCheck(StrEnum):
    """The call that a new version must answer before it gets traffic."""

    HEALTH = "health"
    FORGED_NOTIFICATION = "forged-notification"
    NO_MESSAGES = "no-messages"
    DRY_TICK = "dry-tick"


@dataclass(frozen=True, slots=True)
class RolloutCheckSettings:
    """Which version is checked, and how."""

    version_arn: str
    check: RolloutCheck

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "RolloutCheckSettings":
        """From `NEW_VERSION_ARN` and `ROLLOUT_CHECK`."""
        read = _Reader(environment)
        return cls(version_arn=read("NEW_VERSION_ARN", _word), check=read("ROLLOUT_CHECK", _one_of(RolloutCheck)))


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __call__(self, name: str, parse: Callable[[str], T], default: str | None = None) -> T:
        text = self._environment.get(name, default)
        if text is None:
            raise ConfigurationError(f"{name} is missing")
        try:
            return parse(text)
        except ValueError as error:
            raise ConfigurationError(f"{name} {error}") from None


def _daily_limit(read: _Reader, amount: str, count: str) -> DailyLimit:
    """The limit given by two variables."""
    return DailyLimit(read(amount, _unless_none(Rupiah.parse), ""), read(count, _unless_none(_count), ""))


def _matching(pattern: str, wanted: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def parse(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise ValueError(f"must be {wanted}")
        return text

    return parse


_path = _matching(r"(/[A-Za-z0-9._-]+)+", 'a path such as "/v1.0"')
_word = _matching(r"\S+", "a word without spaces")


def _url(text: str) -> str:
    found = _URL.fullmatch(text)
    if found is None or int(found["port"] or 443) > 65_535:
        raise ValueError(
            'must be a host such as "https://api.doku.com": https (http only to 127.0.0.1, localhost or [::1]), with'
            " an optional port and no user, path, query or fragment"
        )
    return text


def _one_of(choices: type[Choice]) -> Callable[[str], Choice]:
    def parse(text: str) -> Choice:
        if text not in choices._value2member_map_:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return choices(text)

    return parse


def _networks(text: str) -> tuple[str, ...]:
    networks = tuple(filter(None, (part.strip() for part in text.split(","))))
    for network in networks:
        ip_network(network)
    return networks


def _at_least(smallest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not text.isascii() or int(text) < smallest:
            raise ValueError(f"must be a whole number from {smallest}")
        return int(text)

    return parse


_count = _at_least(1)


def _unless_none(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    return lambda text: None if text in ("", "0", "0.00") else parse(text)
