"""`payouts deploy`: build and deploy the bundle, then check it."""

from tools.errors import CommandError


class Stopped(CommandError):
    """The deployment stopped. The message says why and what to do."""
