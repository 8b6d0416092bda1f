"""The B2B access token, service 73."""

from local.doku_simulator.answers import Answer, Operation, malformed, missing, snap
from local.doku_simulator.auth import Request, verify_token_request
from local.doku_simulator.clock_formats import iso
from local.doku_simulator.fields import parse_object
from local.doku_simulator.settings import Settings
from local.doku_simulator.tokens import TokenDesk


def grant(request: Request, settings: Settings, tokens: TokenDesk, now: float) -> Answer:
    """2007300 with a fresh Bearer token; its signature is looked at before the body is."""
    verify_token_request(request, settings, now)
    grant_type = parse_object(request.body).get("grantType")
    if not grant_type:
        raise missing("grantType")
    if grant_type != "client_credentials":
        raise malformed("grantType")
    answer = snap(
        Operation.TOKEN,
        200,
        "00",
        "Successful",
        accessToken=tokens.issue(settings.client_id, now, settings.token_seconds, settings.latest_token_only),
        tokenType="Bearer",
        expiresIn=settings.token_seconds,
        additionalInfo="",
    )
    answer.headers.update({"X-CLIENT-KEY": settings.client_id, "X-TIMESTAMP": iso(now)})
    return answer
