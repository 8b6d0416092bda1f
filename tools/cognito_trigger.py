"""Amazon Cognito's pre-token-generation trigger (event version V3_0): gives access tokens the scopes of the API.

Cognito names a resource server's scopes `transfers/read`; the API's are `transfers:read`. A person gets the scopes of
their groups. A machine (client credentials) gets those that its app client asked for and is allowed. One file without
dependencies, to be deployed as it is with the handler `cognito_trigger.handler`: docs/going-live.md has the commands.
"""

from collections.abc import Iterable
from typing import Any

READ, READ_OWN, WRITE = "transfers:read", "transfers:read:own", "transfers:write"
NOTE, SETTLE = "transfers:note", "transfers:settle"
READ_BATCHES, WRITE_BATCHES, APPROVE_BATCHES = "batches:read", "batches:write", "batches:approve"
SCOPES_OF_GROUP = {
    "transfers-read": (READ,),
    "transfers-read-own": (READ_OWN,),
    "transfers-write": (READ, WRITE),
    "transfers-write-own": (READ_OWN, WRITE),
    "transfers-note": (READ, NOTE),
    "transfers-settle": (READ, NOTE, SETTLE),
    "batches-read": (READ_BATCHES,),
    "batches-write": (READ_BATCHES, WRITE_BATCHES),
    "batches-approve": (READ_BATCHES, APPROVE_BATCHES),
}
SCOPE_OF_RESOURCE_SERVER = {
    "transfers/read": READ,
    "transfers/read-own": READ_OWN,
    "transfers/write": WRITE,
    "batches/read": READ_BATCHES,
    "batches/write": WRITE_BATCHES,
}
"""What a machine may have. No program approves a batch, so there is no scope for that."""
_MACHINE = "TokenGeneration_ClientCredentials"


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """The event with the scopes to add to the access token; none for a person without a known group."""
    request = event["request"]
    if event["triggerSource"] == _MACHINE:
        scopes = _of_machine(request.get("scopes") or ())
    else:
        scopes = _of_person((request.get("groupConfiguration") or {}).get("groupsToOverride") or ())
    access_token = {"scopesToAdd": scopes, "scopesToSuppress": list(SCOPE_OF_RESOURCE_SERVER)}
    event["response"] = {"claimsAndScopeOverrideDetails": {"accessTokenGeneration": access_token}}
    return event


def _of_person(groups: Iterable[str]) -> list[str]:
    """The scopes of all groups. What the person's app asked for does not count."""
    return sorted({scope for group in groups for scope in SCOPES_OF_GROUP.get(group, ())})


def _of_machine(requested: Iterable[str]) -> list[str]:
    """The API's names for the scopes. Cognito has checked that the app client is allowed them."""
    return sorted({SCOPE_OF_RESOURCE_SERVER[scope] for scope in requested if scope in SCOPE_OF_RESOURCE_SERVER})
