"""Reads environment variables; each parser raises ValueError with the expected form."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from ipaddress import ip_network
from typing import TypeVar

T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)
_HOST = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
_LOOPBACK = r"127\.0\.0\.1|localhost|\[::1\]"
_URL = rf"(https://{_HOST}|http://({_LOOPBACK}))(:(?P<port>[1-9][0-9]{{0,4}}))?"
_WEBHOOK_URL = rf"{_URL}(/[!-\"$-~]*)?"


class ConfigurationError(Exception):
    """An environment variable is missing or invalid; the message names it."""


class Reader:
    """Reads variables from `environment`. Calling it raises ConfigurationError for a missing or invalid one."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __call__(self, name: str, parse: Callable[[str], T], default: str | None = None) -> T:
        """The variable `name` as `parse` returns it; `default` is parsed if the variable is missing."""
        text = self._environment.get(name, default)
        if text is None:
            raise ConfigurationError(f"{name} is missing")
        try:
            return parse(text)
        except ValueError as error:
            raise ConfigurationError(f"{name} {error}") from None


def matching(pattern: str, wanted: str) -> Callable[[str], str]:
    """A parser for text that matches `pattern` as a whole."""
    compiled = re.compile(pattern, re.ASCII)

    def parse(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise ValueError(f"must be {wanted}")
        return text

    return parse


path = matching(r"(/[A-Za-z0-9._-]+)+", 'a path such as "/v1.0"')
word = matching(r"\S+", "a word without spaces")


def url(text: str) -> str:
    """The origin of a server: https, or http on the loopback interface."""
    found = re.fullmatch(_URL, text, re.ASCII)
    if found is None or int(found["port"] or 443) > 65_535:
        raise ValueError(
            'must be a host such as "https://api.doku.com": https (http only to 127.0.0.1, localhost or [::1]), with'
            " an optional port and no user, path, query or fragment"
        )
    return text


def webhook_url(text: str) -> str:
    """The address of a receiver of webhooks: as `url`, with an optional path and query."""
    found = re.fullmatch(_WEBHOOK_URL, text, re.ASCII)
    if found is None or int(found["port"] or 443) > 65_535:
        raise ValueError("must be https (http only to 127.0.0.1, localhost or [::1]) without user or fragment")
    return text


def one_of(choices: type[Choice]) -> Callable[[str], Choice]:
    """A parser for the values of an enum."""

    def parse(text: str) -> Choice:
        if text not in choices._value2member_map_:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return choices(text)

    return parse


def networks(text: str) -> tuple[str, ...]:
    """Networks in CIDR notation, separated by commas."""
    found = tuple(filter(None, (part.strip() for part in text.split(","))))
    for network in found:
        ip_network(network)
    return found


def at_least(smallest: int) -> Callable[[str], int]:
    """A parser for whole numbers from `smallest`."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not text.isascii() or int(text) < smallest:
            raise ValueError(f"must be a whole number from {smallest}")
        return int(text)

    return parse


count = at_least(1)


def unless_none(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    """A parser that returns None for an empty text or zero."""
    return lambda text: None if text in ("", "0", "0.00") else parse(text)
