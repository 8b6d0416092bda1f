"""Reads the caller of a request from the token that API Gateway has verified."""

import re

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from payouts.domain.caller import Caller


def caller_of(event: APIGatewayProxyEventV2, person_claim: str) -> Caller:
    """The caller of a request. API Gateway passes a list of scopes (`scp`) on as text such as `[a b]`."""
    claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    scopes = str(claims.get("scope", claims.get("scp", "")))
    return Caller(
        subject=str(claims.get("sub", "")),
        person=str(claims.get(person_claim, "")),
        client=str(claims.get("client_id") or claims.get("azp") or ""),
        scopes=frozenset(re.findall(r"[^\s\[\],]+", scopes)),
    )
