"""Explanations of codes as JSON, in camelCase, and their query parameters."""

from typing import Any

from payouts.codes.catalogue import SYSTEMS, search
from payouts.codes.explain import explain
from payouts.codes.models import CodeMeaning, Explanation, System
from payouts.domain.errors import ValidationFailed


def of_code(code: str, parameters: dict[str, str]) -> dict[str, Any]:
    """One code, read in every system or in `system`. Raises ValidationFailed for a system that there is not."""
    return _explanation(explain(code, _system(parameters)))


def of_search(parameters: dict[str, str]) -> dict[str, Any]:
    """The listed codes of `system`, or of all, that hold every word of `query`. Raises as `of_code`."""
    found = search(_system(parameters), parameters.get("query", ""))
    return {"codes": [_explanation(explained) for explained in found]}


def _explanation(explained: Explanation) -> dict[str, Any]:
    return {
        "code": explained.code,
        "known": explained.known,
        "readings": [_reading(reading) for reading in explained.readings],
    }


def _reading(reading: CodeMeaning) -> dict[str, Any]:
    advice = reading.advice
    return {
        "system": reading.system,
        "code": reading.code,
        "appliesTo": reading.scope,
        "known": reading.known,
        "message": reading.message,
        "meaning": reading.meaning,
        "meaningId": reading.meaning_id,
        "outcome": reading.outcome,
        "moneyMoved": advice.money_moved,
        "holdFunds": advice.hold_funds,
        "retry": advice.retry,
        "whoActs": advice.who_acts,
        "nextStep": advice.next_step,
        "nextStepId": advice.next_step_id,
        **_particulars(reading),
    }


def _particulars(reading: CodeMeaning) -> dict[str, Any]:
    """What only some systems have."""
    members: dict[str, Any] = {
        "service": reading.service,
        "serviceName": reading.service_name,
        "serviceNameId": reading.service_name_id,
        "httpStatus": reading.http_status,
        "category": reading.category,
        "states": reading.states,
        "suggestedAction": reading.suggested_action,
        "source": reading.source,
    }
    if reading.suggested_action:
        members["suggestedActionSafe"] = reading.suggested_action_safe
    return {name: value for name, value in members.items() if value != ""}


def _system(parameters: dict[str, str]) -> System | None:
    name = parameters.get("system")
    if not name:
        return None
    if name not in SYSTEMS:
        raise ValidationFailed(f"system must be one of {', '.join(SYSTEMS)}")
    return System(name)
