"""Checks of a request body against a table of fields: 400ss02 where one is missing, 400ss01 where one is malformed."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from local.doku_simulator.answers import Json, RefusedError, malformed, missing
from local.doku_simulator.money import parse_amount


@dataclass(frozen=True)
class Field:
    """A string at a dotted path, of at most so many characters."""

    path: str
    longest: int = 255
    required: bool = True


AMOUNT = (Field("amount.value"), Field("amount.currency", 3))


def parse_object(body: bytes) -> Json:
    """The JSON object in a body. RefusedError 400ss00 for anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(400, "00", "Bad Request") from None
    if not isinstance(value, dict):
        raise RefusedError(400, "00", "Bad Request")
    return value


def read(body: Json, path: str) -> Any:
    """The value at a dotted path, None where there is none."""
    value: Any = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def check(body: Json, fields: Iterable[Field]) -> None:
    """RefusedError names the first field that is missing, not a string or too long."""
    for field in fields:
        value = read(body, field.path)
        if value is None or value == "":
            if field.required:
                raise missing(field.path)
        elif not isinstance(value, str) or len(value) > field.longest:
            raise malformed(field.path)


def read_amount(body: Json) -> int:
    """Sen from `amount`, which must be positive rupiah with two decimals. Call after `check` of AMOUNT."""
    if body["amount"]["currency"] != "IDR":
        raise malformed("amount.currency")
    try:
        sen = parse_amount(body["amount"]["value"])
    except ValueError:
        raise malformed("amount.value") from None
    if sen == 0:
        raise malformed("amount.value")
    return sen
