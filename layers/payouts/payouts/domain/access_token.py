"""DOKU's access tokens."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AccessToken:
    """DOKU's bearer token and its expiry, in seconds since the epoch."""

    value: str = field(repr=False)
    expires_at: float
