"""SNAP's response codes of seven digits: HTTP status (3), service (2), case (2)."""

from collections.abc import Mapping
from functools import cache

from payouts.codes import http_status
from payouts.codes.advice import advise
from payouts.codes.models import CodeMeaning, Scope, System
from payouts.doku.outcomes import UNLISTED, Outcome, Service, cases, rows


def readings() -> list[CodeMeaning]:
    """Every listed case of the five services that this bundle calls, the transfer first."""
    services = sorted(Service, key=lambda service: service is not Service.TRANSFER)
    return [reading(status + service + case) for service in services for status, case in cases()]


def reading(code: str) -> CodeMeaning:
    """Any seven digits. An unlisted case is explained by its HTTP status, an unlisted service as a transfer.

    Both are IN_DOUBT.
    """
    status, service_code, case = code[:3], code[3:5], code[5:]
    row, service = cases().get((status, case)), _services().get(service_code)
    scope = Scope(service["scope"]) if service else Scope.TRANSFER
    outcome, cause = _outcome(scope, row if service else None)
    message, meaning, meaning_id = _words(status, row)
    return CodeMeaning(
        system=System.SNAP,
        code=code,
        scope=scope,
        message=message,
        meaning=meaning,
        meaning_id=meaning_id,
        outcome=outcome,
        advice=advise(scope, outcome, cause),
        known=row is not None and service is not None,
        service=service_code,
        service_name=service["name"] if service else "",
        service_name_id=service["name_id"] if service else "",
        http_status=status,
        source=row["source"] if row else "",
    )


def _outcome(scope: Scope, row: Mapping[str, str] | None) -> tuple[str, str]:
    if row is None:
        return Outcome.IN_DOUBT, UNLISTED
    return row["on_transfer" if scope is Scope.TRANSFER else "on_query"], row["cause"]


def _words(status: str, row: Mapping[str, str] | None) -> tuple[str, str, str]:
    if row is not None:
        return row["message"], row["meaning"], row["meaning_id"]
    said = http_status.reading(status)
    return (
        said.message,
        f"An unlisted case. By its HTTP status {status}: {said.meaning}",
        f"Kasus yang tidak tercantum. Menurut status HTTP {status}: {said.meaning_id}",
    )


@cache
def _services() -> dict[str, dict[str, str]]:
    return {row["service"]: row for row in rows("snap_services.csv")}
