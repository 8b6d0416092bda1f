"""Interned values: states hold small numbers instead of values, so that they are short and compare exactly."""

from collections.abc import Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Interned(Generic[T]):
    """Gives equal values the same number, and finds the value of a number."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}
        self._values: list[T] = []

    def number(self, value: T) -> int:
        """The number of a value."""
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self._values)
            self._values.append(value)
        return number

    def __getitem__(self, number: int) -> T:
        return self._values[number]

    def __len__(self) -> int:
        return len(self._values)


class Items:
    """Interned items of the table; equal attributes mean the same item."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._items: list[dict[str, Any]] = []

    def number(self, item: dict[str, Any]) -> int:
        """The number of an item."""
        ordered = dict(sorted(item.items()))
        text = repr(ordered)
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self._items)
            self._items.append(ordered)
        return number

    def __getitem__(self, number: int) -> dict[str, Any]:
        return self._items[number]
