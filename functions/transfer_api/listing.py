"""Lists transfers in pages: of a day, of a beneficiary's account, with a reference of DOKU's, or all open ones."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from payouts.domain.days import day_of
from payouts.domain.errors import InvalidParameter, ValidationFailed
from payouts.domain.transfer import Status, Transfer
from payouts.store.creation_index import Entry, Position
from payouts.store.due_index import DueIndex
from payouts.store.transfers import TransferStore
from transfer_api import cursors, open_transfers, own_transfers

_MAX_LIMIT = 100
_DEFAULT_LIMIT = 50
_MAX_READ = 5000
"""Entries of the index read by one call: listing a rare status may take several calls."""
_FILTERED_PAGE = 300
"""Entries of a shard that one query reads if only some are wanted: 30 KB, 4 read units."""
_DAY, _OPEN, _REFERENCE_NO, _ACCOUNT = "day", "open", "referenceNo", "beneficiaryAccountNumber"
_PARAMETERS = {
    _DAY: {"status", "cursor", "limit"},
    _OPEN: {"cursor", "limit"},
    _REFERENCE_NO: {"limit"},
    _ACCOUNT: {"cursor", "limit"},
}
"""The selectors, and the parameters that go with each."""
_KNOWN = _PARAMETERS.keys() | set().union(*_PARAMETERS.values())
_NAME = re.compile("[A-Za-z0-9_.-]{1,40}")


MaySee = Callable[[Transfer], bool] | None
"""Whether the caller may see a transfer; None if it sees all."""


@dataclass(frozen=True, slots=True)
class TransferLists:
    """The lists behind GET /v1/transfers."""

    store: TransferStore
    due_index: DueIndex

    def page(self, parameters: Mapping[str, str], now: float, may_see: MaySee = None) -> dict[str, Any]:
        """One page: `{"transfers", "cursor"}`, and `day` for a day's list; `cursor` is None on the last page.

        Neither the transfers nor the cursor disclose what the caller may not see. Raises InvalidParameter for unknown
        or combined parameters, ValidationFailed naming a bad one.
        """
        given = {name: value for name, value in parameters.items() if value}
        limit = _limit(given.get("limit"))
        match _selector(parameters):
            case "open":
                return self._open(given, limit, may_see)
            case "referenceNo":
                return self._with_reference_no(given[_REFERENCE_NO], limit, may_see)
            case "beneficiaryAccountNumber":
                return self._of_account(given, limit, may_see)
            case _:
                return self._of_day(given, limit, now, may_see)

    def _of_day(self, given: Mapping[str, str], limit: int, now: float, may_see: MaySee) -> dict[str, Any]:
        after = cursors.position(_DAY, given["cursor"]) if "cursor" in given else None
        default = day_of(after.created_at) if after else day_of(int(now * 1000))
        day, status = checked_day(given.get(_DAY, default)), _status(given.get("status"))
        if after and day_of(after.created_at) != day:
            raise ValidationFailed("cursor does not belong to this day; list again without a cursor")
        page = limit + 1 if status is None and may_see is None else max(limit + 1, _FILTERED_PAGE)
        entries = self.store.of_day(day, after, newest_first=True, page=page)
        return {"day": day, **self._taken(_DAY, entries, status, limit, may_see)}

    def _of_account(self, given: Mapping[str, str], limit: int, may_see: MaySee) -> dict[str, Any]:
        account = given[_ACCOUNT]
        if re.fullmatch("[0-9]{1,32}", account, re.ASCII) is None:
            raise ValidationFailed(f"{_ACCOUNT} must be 1 to 32 digits")
        after = cursors.position(_ACCOUNT, given["cursor"]) if "cursor" in given else None
        page = limit + 1 if may_see is None else max(limit + 1, _FILTERED_PAGE)
        return self._taken(_ACCOUNT, self.store.of_account(account, after, page=page), None, limit, may_see)

    def _taken(
        self, selector: str, entries: Iterator[Entry], status: str | None, limit: int, may_see: MaySee
    ) -> dict[str, Any]:
        """A page of a list in the order of creation."""
        last: Position | None
        if may_see is None:
            found, last = _take(entries, status, limit)
            read = self.store.get_all([entry.reference for entry in found])
            transfers = [each for each in read if status in (None, each.status)]
        else:
            transfers, last = own_transfers.page(entries, self.store.get_all, status, may_see, limit)
        return _answer(transfers, None if last is None else cursors.of_position(selector, last))

    def _with_reference_no(self, reference_no: str, limit: int, may_see: MaySee) -> dict[str, Any]:
        if re.fullmatch("[ -~]{1,64}", reference_no, re.ASCII) is None:
            raise ValidationFailed(f"{_REFERENCE_NO} must be 1 to 64 printable ASCII characters")
        found = [each for each in self.store.find_all(reference_no) if may_see is None or may_see(each)]
        return _answer(found[:limit], None)

    def _open(self, given: Mapping[str, str], limit: int, may_see: MaySee) -> dict[str, Any]:
        if given[_OPEN] != "true":
            raise ValidationFailed("open must be true; leave it out for a day's transfers")
        after = cursors.shard(_OPEN, given["cursor"]) if "cursor" in given else (0, "")
        transfers, last = open_transfers.page(self.due_index, self.store, after, limit, may_see)
        return _answer(transfers, last and cursors.of_shard(_OPEN, *last))


def checked_day(text: str, name: str = _DAY) -> str:
    """The day, if it is written as `2024-09-17`. Raises ValidationFailed, which calls it `name`, if not."""
    with suppress(ValueError):
        if date.fromisoformat(text).isoformat() == text:
            return text
    raise ValidationFailed(f"{name} must be a date such as 2024-09-17")


def _selector(parameters: Mapping[str, str]) -> str:
    """The one parameter that says which list is wanted. An empty parameter counts as left out."""
    if unknown := sorted(parameters.keys() - _KNOWN):
        named = ", ".join(name for name in unknown[:5] if _NAME.fullmatch(name))
        raise InvalidParameter(f"unknown parameters: {named or 'their names are not readable'}")
    given = {name for name, value in parameters.items() if value}
    selectors = [name for name in _PARAMETERS if name in given]
    selector = selectors[0] if selectors else _DAY
    if others := sorted(given - _PARAMETERS[selector] - {selector}):
        raise InvalidParameter(f"{selector} cannot be combined with {', '.join(others)}")
    return selector


def _take(entries: Iterator[Entry], status: str | None, limit: int) -> tuple[list[Entry], Position | None]:
    """Up to `limit` entries of this status, and the position of the last one read; None if there are no more."""
    found: list[Entry] = []
    for read, entry in enumerate(entries, start=1):
        if status in (None, entry.status):
            found.append(entry)
        if len(found) == limit or read == _MAX_READ:
            return found, None if next(entries, None) is None else entry.position
    return found, None


def _answer(transfers: list[Transfer], cursor: str | None) -> dict[str, Any]:
    return {"transfers": transfers, "cursor": cursor}


def _status(text: str | None) -> str | None:
    if text and text not in Status.__members__:
        raise ValidationFailed(f"status must be one of {', '.join(Status)}")
    return text or None


def _limit(text: str | None) -> int:
    if not text:
        return _DEFAULT_LIMIT
    if re.fullmatch("[0-9]{1,3}", text, re.ASCII) is None or not 1 <= int(text) <= _MAX_LIMIT:
        raise ValidationFailed(f"limit must be a whole number from 1 to {_MAX_LIMIT}")
    return int(text)
