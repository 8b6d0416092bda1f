"""What DOKU itself said, behind an error of this software."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DokuSaid:
    """DOKU's own code and message."""

    code: str
    message: str

    @property
    def names_timestamp(self) -> bool:
        """True if DOKU refuses the time of the request: the clock is wrong, not the credentials."""
        return "timestamp" in self.message.casefold()
