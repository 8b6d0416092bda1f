"""The caller of a request, by the token that API Gateway verified."""

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from payouts.domain.batch import Caller


def caller(event: APIGatewayProxyEventV2, person_claim: str) -> Caller:
    """The caller, with what the token says about a person and a program."""
    claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    client = claims.get("client_id") or claims.get("azp") or ""
    return Caller(str(claims.get("sub", "")), str(claims.get(person_claim, "")), str(client))
