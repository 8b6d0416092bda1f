"""Who calls, by the token that API Gateway has verified, and which transfers the caller may see."""

import re
from dataclasses import dataclass

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from payouts.domain.forgetting import creator_hash
from payouts.domain.transfer import Transfer

_READ_ALL = "transfers:read"


@dataclass(frozen=True, slots=True)
class Caller:
    """`subject` is the token's `sub`; empty if the issuer sets none."""

    subject: str
    scopes: frozenset[str]

    @property
    def sees_all(self) -> bool:
        """False with `transfers:read:own` alone: such a caller sees only the transfers that it created itself."""
        return _READ_ALL in self.scopes

    def may_see(self, transfer: Transfer) -> bool:
        """Whether the caller may see the transfer. Without a `sub`, no transfer is its own."""
        return self.sees_all or (bool(self.subject) and self._created(transfer))

    def _created(self, transfer: Transfer) -> bool:
        if transfer.creator_hash:
            return transfer.creator_hash == creator_hash(transfer, self.subject)
        return transfer.created_by == self.subject


def caller_of(event: APIGatewayProxyEventV2) -> Caller:
    """The caller of a request. API Gateway passes a list of scopes (`scp`) on as text such as `[a b]`."""
    claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    scopes = str(claims.get("scope", claims.get("scp", "")))
    return Caller(str(claims.get("sub", "")), frozenset(re.findall(r"[^\s\[\],]+", scopes)))
