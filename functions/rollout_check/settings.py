"""The environment variables of the check of a new version."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from payouts.runtime.variables import Reader, one_of, word


class RolloutCheck(StrEnum):
    """The call that a new version must answer before it gets traffic."""

    HEALTH = "health"
    FORGED_NOTIFICATION = "forged-notification"
    NO_MESSAGES = "no-messages"
    DRY_TICK = "dry-tick"


@dataclass(frozen=True, slots=True)
class RolloutCheckSettings:
    """Which version is checked, and how."""

    version_arn: str
    check: RolloutCheck

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "RolloutCheckSettings":
        """From `NEW_VERSION_ARN` and `ROLLOUT_CHECK`."""
        read = Reader(environment)
        return cls(version_arn=read("NEW_VERSION_ARN", word), check=read("ROLLOUT_CHECK", one_of(RolloutCheck)))
