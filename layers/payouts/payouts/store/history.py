"""Converts the history of a transfer to its compact form in the item and back.

A write costs a unit for each KB of the item, so the history repeats nothing. An observation leaves out its time if it
is that of the creation, its source if it is the usual one of its finding, and the version that was asked about if it is
the one before its own. True stands for the text of an earlier observation, and a position for an X-EXTERNAL-ID.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from payouts.domain.transfer import Finding, Observation, Source, Transfer
from payouts.store.codec import Item

_AT, _FINDING, _SOURCE, _CODE, _MESSAGE = "at", "is", "by", "code", "text"
_REFERENCE, _EXTERNAL_ID, _ASKED, _SEQ, _DETAILS = "ref", "id", "asked", "seq", "more"
_KNOWN = frozenset({_AT, _FINDING, _SOURCE, _CODE, _MESSAGE, _REFERENCE, _EXTERNAL_ID, _ASKED, _SEQ, _DETAILS})
_DETAIL_NAMES = {
    "originalResponseCode": "code",
    "originalResponseMessage": "text",
    "transactionDate": "date",
    "referenceNumber": "number",
    "cashInTime": "cashIn",
}
_DETAIL_OF = {short: name for name, short in _DETAIL_NAMES.items()}
_OF_REQUESTS = (
    *(Finding.SUBMITTING, Finding.RESENT, Finding.ACCEPTED),
    *(Finding.REFUSED, Finding.NOT_SENT, Finding.IN_DOUBT),
)
_USUAL: Mapping[Finding | str, Source] = {
    **dict.fromkeys(Finding, Source.STATUS_CHECK),
    **dict.fromkeys(_OF_REQUESTS, Source.SUBMIT),
    Finding.NOTIFIED: Source.NOTIFICATION,
}


class _Texts:
    """The latest text under each name, for which True stands when it is repeated."""

    def __init__(self) -> None:
        self._latest = {_MESSAGE: "", _REFERENCE: ""}

    def shortened(self, name: str, text: str) -> str | bool:
        """True for a repeated text; the text itself otherwise."""
        if text and text == self._latest[name]:
            return True
        self._latest[name] = text or self._latest[name]
        return text

    def restored(self, name: str, stored: str | bool) -> str:
        """The text that `shortened` returned this for."""
        text = self._latest[name] if isinstance(stored, bool) else stored
        self._latest[name] = text or self._latest[name]
        return text


def encode(transfer: Transfer) -> list[Item]:
    """The observations of a transfer, in their order."""
    texts = _Texts()
    return [_encoded(seen, transfer, texts) for seen in transfer.history]


def decode(stored: Sequence[Mapping[str, Any]], created_at: int, external_ids: Sequence[str]) -> list[Observation]:
    """The observations of any version. An unknown finding, source or field stays as it was written."""
    texts = _Texts()
    return [_decoded(item, created_at, external_ids, texts) for item in stored]


def _encoded(seen: Observation, transfer: Transfer, texts: _Texts) -> Item:
    known = {
        _AT: None if seen.at == transfer.created_at else seen.at,
        _FINDING: str(seen.finding),
        _SOURCE: None if seen.source == _USUAL.get(seen.finding, "") else str(seen.source),
        _CODE: seen.code,
        _MESSAGE: texts.shortened(_MESSAGE, seen.message),
        _REFERENCE: texts.shortened(_REFERENCE, seen.reference_no),
        _EXTERNAL_ID: _position(seen.external_id, transfer.external_ids),
        _ASKED: None if seen.asked == seen.seq - 1 else seen.asked,
        _SEQ: seen.seq,
        _DETAILS: {_DETAIL_NAMES.get(name, name): value for name, value in seen.details} or None,
    }
    return {**seen.extra, **{name: value for name, value in known.items() if value not in (None, "")}}


def _position(external_id: str, external_ids: Sequence[str]) -> int | str:
    return external_ids.index(external_id) if external_id in external_ids else external_id


def _decoded(item: Mapping[str, Any], created_at: int, external_ids: Sequence[str], texts: _Texts) -> Observation:
    finding: Finding | str = item[_FINDING]
    finding = Finding(finding) if finding in Finding.__members__ else finding
    source, external_id, seq = item.get(_SOURCE, _USUAL.get(finding, "")), item.get(_EXTERNAL_ID, ""), item.get(_SEQ, 0)
    details = item.get(_DETAILS, {}).items()
    return Observation(
        at=item.get(_AT, created_at),
        finding=finding,
        source=Source(source) if source in Source.__members__ else source,
        code=item.get(_CODE, ""),
        message=texts.restored(_MESSAGE, item.get(_MESSAGE, "")),
        reference_no=texts.restored(_REFERENCE, item.get(_REFERENCE, "")),
        external_id=external_id if isinstance(external_id, str) else external_ids[int(external_id)],
        asked=item.get(_ASKED, seq - 1),
        seq=seq,
        details=tuple((_DETAIL_OF.get(name, name), value) for name, value in details),
        extra={name: value for name, value in item.items() if name not in _KNOWN},
    )
