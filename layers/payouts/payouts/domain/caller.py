"""Who calls, by the token that API Gateway has verified, and which transfers the caller may see."""

from dataclasses import dataclass

from payouts.domain.forgetting import creator_hash
from payouts.domain.transfer import Transfer

_READ_ALL = "transfers:read"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by a verified token. Empty where the token has no such claim."""

    subject: str
    """`sub`."""
    person: str = ""
    """The claim that names a person (`PersonClaim`); empty if the token has none."""
    client: str = ""
    """`client_id`, `azp` or `cid`: the program that the token was issued to."""
    of_program: bool = False
    """True if the token says that no person took part in its issue."""
    scopes: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The caller as the history of a batch shows it."""
        return self.person or self.subject

    @property
    def ids(self) -> frozenset[str]:
        """Everything that may identify the caller in another token."""
        return frozenset({self.subject, self.person} - {""})

    @property
    def is_person(self) -> bool:
        """True if the token names a person. One of the client-credentials grant may have its client as subject."""
        return bool(self.subject and self.person) and not self.of_program and not self._is_client

    @property
    def _is_client(self) -> bool:
        """True if the token names its client where it would name a person; Auth0 appends `@clients`."""
        return bool(self.client) and any(each.partition("@")[0] == self.client for each in self.ids)

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
