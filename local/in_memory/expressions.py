"""DynamoDB's condition and update expressions over items as boto3 sends them, each translated to Python once."""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

Typed = dict[str, Any]
"""A value with its type, such as {"N": "5"}."""
Item = dict[str, Typed]
Names = Mapping[str, str]
Condition = Callable[[Item, Names, Item], bool]

_TOKEN = re.compile(r"\s*([#:]?\w+|<>|<=|>=|[=<>(),])")
_BETWEEN = re.compile(r"(\S+) BETWEEN (\S+) AND (\S+)")
_PYTHON = {
    "=": "==",
    "<>": "!=",
    "AND": "and",
    "OR": "or",
    "NOT": "not",
    **{word: word for word in ("<", "<=", ">", ">=", "(", ")", ",")},
    **{word: word for word in ("attribute_exists", "attribute_not_exists", "begins_with")},
}
_CLAUSE = re.compile(r"\b(SET|REMOVE|ADD)\b")
_COMMA = re.compile(r",(?![^()]*\))")
_IF_NOT_EXISTS = re.compile(r"if_not_exists\(([^,]+),([^)]+)\)")


class _Absent:
    """An attribute that an item does not have: it differs from any value, and no other comparison with it holds."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    __lt__ = __le__ = __gt__ = __ge__ = __eq__


_ABSENT = _Absent()


def scalar(value: Typed) -> Any:
    """The Python value of a string or number; any other type as it is."""
    ((kind, content),) = value.items()
    return Decimal(content) if kind == "N" else content if kind == "S" else value


@lru_cache(maxsize=256)
def condition(text: str) -> Condition:
    """Whether an item meets the expression, given its names and values. Raises ValueError for unknown syntax."""
    if not text:
        return lambda item, names, values: True
    python = " ".join(map(_translated, _tokens(_BETWEEN.sub(r"(\1 >= \2 AND \1 <= \3)", text))))
    compiled: Condition = eval(f"lambda item, names, values: bool({python})", _FUNCTIONS)
    return compiled


def update(text: str, item: Item, names: Names, values: Item) -> Item:
    """The item after an update expression with SET, REMOVE and ADD. All operands are read from `item`."""
    changed = dict(item)
    _, *clauses = _CLAUSE.split(text)
    for clause, actions in zip(clauses[::2], clauses[1::2], strict=True):
        for action in map(str.strip, _COMMA.split(actions)):
            name, _, operand = map(str.strip, action.partition("=" if clause == "SET" else " "))
            name = names.get(name, name)
            if clause == "REMOVE":
                changed.pop(name, None)
            elif clause == "ADD":
                changed[name] = _sum(item.get(name, {"N": "0"}), "+", values[operand])
            else:
                changed[name] = _evaluated(operand, item, names, values)
    return changed


def _evaluated(text: str, item: Item, names: Names, values: Item) -> Typed:
    first, *rest = re.split(r"\s([+-])\s", text)
    value = _operand(first, item, names, values)
    for sign, other in zip(rest[::2], rest[1::2], strict=True):
        value = _sum(value, sign, _operand(other, item, names, values))
    return value


def _operand(text: str, item: Item, names: Names, values: Item) -> Typed:
    text = text.strip()
    if found := _IF_NOT_EXISTS.fullmatch(text):
        name = found[1].strip()
        return item.get(names.get(name, name)) or _operand(found[2], item, names, values)
    return values[text] if text.startswith(":") else item[names.get(text, text)]


def _sum(one: Typed, sign: str, other: Typed) -> Typed:
    added = Decimal(other["N"])
    return {"N": str(Decimal(one["N"]) + (added if sign == "+" else -added))}


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"unknown syntax in the expression {text!r} at {at}")
        yield found[1]
        at = found.end()


def _translated(token: str) -> str:
    if token in _PYTHON:
        return _PYTHON[token]
    if token.startswith(":"):
        return f"scalar(values[{token!r}])"
    return f"attribute(item, names.get({token!r}, {token!r}))"


def _attribute(item: Item, name: str) -> Any:
    value = item.get(name)
    return _ABSENT if value is None else scalar(value)


_FUNCTIONS = {
    "attribute": _attribute,
    "scalar": scalar,
    "attribute_exists": lambda value: value is not _ABSENT,
    "attribute_not_exists": lambda value: value is _ABSENT,
    "begins_with": lambda value, prefix: value is not _ABSENT and str(value).startswith(prefix),
}
