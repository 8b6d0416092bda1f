"""Reads the caller of a request from the token that API Gateway has verified."""

import re
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from payouts.domain.caller import Caller

if TYPE_CHECKING:
    from transfer_api.services import Services

_CLIENT = ("client_id", "azp", "cid")
"""Claims with the program that the token was issued to; `cid` is Okta's."""
_OF_PROGRAMS = {"gty": "client-credentials", "idtyp": "app"}
"""How Auth0 and Entra ID mark the token of a program."""


def caller_of(app: APIGatewayHttpResolver, services: "Services") -> Caller:
    """The caller of the current request. API Gateway passes a list of scopes (`scp`) on as text such as `[a b]`."""
    claims = app.current_event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    scopes = str(claims.get("scope", claims.get("scp", "")))
    return Caller(
        subject=str(claims.get("sub", "")),
        person=str(claims.get(services.person_claim, "")),
        client=next((str(claims[name]) for name in _CLIENT if claims.get(name)), ""),
        of_program=any(claims.get(name) == value for name, value in _OF_PROGRAMS.items()),
        scopes=frozenset(re.findall(r"[^\s\[\],]+", scopes)),
    )
