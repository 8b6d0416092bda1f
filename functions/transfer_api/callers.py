"""Reads the caller of a request from the token that API Gateway has verified."""

import re
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from payouts.domain.caller import Caller

if TYPE_CHECKING:
    from transfer_api.services import Services


def caller_of(app: APIGatewayHttpResolver, services: "Services") -> Caller:
    """The caller of the current request. API Gateway passes a list of scopes (`scp`) on as text such as `[a b]`."""
    claims = app.current_event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    scopes = str(claims.get("scope", claims.get("scp", "")))
    return Caller(
        subject=str(claims.get("sub", "")),
        person=str(claims.get(services.person_claim, "")),
        client=str(claims.get("client_id") or claims.get("azp") or ""),
        scopes=frozenset(re.findall(r"[^\s\[\],]+", scopes)),
    )
