"""Query parameters, checked as strictly as the fields of a body."""

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from payouts.domain.errors import InvalidParameter, ValidationFailed


def parameters(event: APIGatewayProxyEventV2, *known: str) -> dict[str, str]:
    """The query parameters of a route that has those called `known`. Raises InvalidParameter naming any other."""
    given = event.query_string_parameters
    unknown = sorted(given.keys() - set(known))
    if unknown:
        takes = f"it takes {', '.join(known)}" if known else "it takes none"
        raise InvalidParameter(f"the route has no query parameter {', '.join(map(ascii, unknown[:5]))}; {takes}")
    return given


def flag(given: dict[str, str], name: str) -> bool:
    """Whether a parameter is `true`; absent is false. Raises ValidationFailed for another value."""
    text = given.get(name, "false")
    if text not in ("true", "false"):
        raise ValidationFailed(f"{name} must be true or false")
    return text == "true"
