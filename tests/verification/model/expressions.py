"""Evaluates the DynamoDB expressions of the store on dictionaries. `make engines` tests them on DynamoDB Local."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Item = dict[str, Any]
_TERM = re.compile(
    r"attribute(_not)?_exists\((#?\w+)\)|(#?\w+) (<=|=|<|>) (:\w+)|(#?\w+) IN \((:\w+(?:, :\w+)*)\)|(AND|OR|\(|\))|\s+"
)

_BETWEEN_ASSIGNMENTS = re.compile(r", (?![^(]*\))")
_IF_NOT_EXISTS = re.compile(r"if_not_exists\((#?\w+), (#?\w+)\)")


def holds(condition: str, names: Mapping[str, str], values: Item, item: Item | None) -> bool:
    """True if a condition holds for an item; None is a missing item. Raises ValueError for unknown syntax."""
    return not condition or _compiled(condition)(item or {}, names, values)


def updated(expression: str, names: Mapping[str, str], values: Item, item: Item) -> Item:
    """The item after an expression such as `SET a = :b, c = if_not_exists(c, d) REMOVE e, f`."""
    setting, _, removing = expression.removeprefix("SET ").partition(" REMOVE ")
    changed = dict(item)
    for assignment in _BETWEEN_ASSIGNMENTS.split(setting):
        name, _, value = assignment.partition(" = ")
        changed[names.get(name, name)] = _assigned(value, names, values, item)
    for name in filter(None, removing.split(", ")):
        changed.pop(names.get(name, name), None)
    return changed


def _assigned(value: str, names: Mapping[str, str], values: Item, item: Item) -> Any:
    default = _IF_NOT_EXISTS.fullmatch(value)
    if default is None:
        return values[value]
    kept, other = (names.get(name, name) for name in default.groups())
    return item[kept] if kept in item else item[other]


@cache
def _compiled(condition: str) -> Callable[[Item, Mapping[str, str], Item], bool]:
    parts, end = [], 0
    for term in _TERM.finditer(condition):
        if term.start() != end:
            break
        end = term.end()
        parts.append(_python(term))
    if end != len(condition):
        raise ValueError(f"the model does not support {condition[end:]!r}")
    test: Callable[[Item, Mapping[str, str], Item], bool] = eval(f"lambda item, names, values: {' '.join(parts)}")
    return test


def _python(term: re.Match[str]) -> str:
    absent, tested, name, operator, value, member, choices, word = term.groups()
    if tested:
        return f"(names.get({tested!r}, {tested!r}) {'not in' if absent else 'in'} item)"
    if name:
        found = f"item.get(names.get({name!r}, {name!r}))"
        return f"({found} is not None and {found} {'==' if operator == '=' else operator} values[{value!r}])"
    if member:
        among = ", ".join(f"values[{choice!r}]" for choice in choices.split(", "))
        return f"(item.get(names.get({member!r}, {member!r})) in ({among},))"
    return word.lower() if word else ""
