"""The two routes that explain DOKU's codes. They never call DOKU, and an unlisted code is not an error.

The catalogue is imported by the first request: no other route uses it, so no cold start pays for it.
"""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from payouts.domain.errors import ValidationFailed
from transfer_api import query
from transfer_api.error_responses import json_response

if TYPE_CHECKING:
    from payouts.codes.models import CodeMeaning, Explanation, System

_ROUTE = "/v1/response-codes"


def add_routes(app: APIGatewayHttpResolver) -> None:
    """Add GET /v1/response-codes and GET /v1/response-codes/{code}."""

    @app.get(_ROUTE)
    def list_codes() -> Response[str]:
        """200: the listed codes of `system`, or of all systems, that contain every word of `query`."""
        from payouts.codes.catalogue import search

        parameters = query.parameters(app.current_event, "system", "query")
        found = search(_system(parameters), parameters.get("query", ""))
        return json_response(200, {"codes": [explanation(explained) for explained in found]})

    @app.get(_ROUTE + r"/[\s\S]+")  # the resolver's <code> would answer 404 to most of Unicode
    def explain_code() -> Response[str]:
        """200: the code's meaning in `system`, or in every system; the best guess if it is not listed."""
        from payouts.codes.explain import explain

        event = app.current_event
        code = event.path.removeprefix(f"{_ROUTE}/")
        return json_response(200, explanation(explain(code, _system(query.parameters(event, "system")))))


def _system(parameters: dict[str, str]) -> "System | None":
    """The `system` parameter; None for all systems. Raises ValidationFailed for an unknown one."""
    from payouts.codes.catalogue import SYSTEMS
    from payouts.codes.models import System

    name = parameters.get("system")
    if not name:
        return None
    if name not in SYSTEMS:
        raise ValidationFailed(f"system must be one of {', '.join(SYSTEMS)}")
    return System(name)


def explanation(explained: "Explanation") -> dict[str, Any]:
    """A code's explanation as JSON."""
    return {
        "code": explained.code,
        "known": explained.known,
        "readings": [_meaning(reading) for reading in explained.readings],
    }


def _meaning(reading: "CodeMeaning") -> dict[str, Any]:
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
        **_optional_fields(reading),
    }


def _optional_fields(reading: "CodeMeaning") -> dict[str, Any]:
    """Fields that only some code systems have."""
    fields: dict[str, Any] = {
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
        fields["suggestedActionSafe"] = reading.suggested_action_safe
    return {name: value for name, value in fields.items() if value != ""}
