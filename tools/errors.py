"""Errors of the operators' commands. Their message is what the operator reads."""


class CommandError(Exception):
    """The command could not do its work: exit code 1."""


class UsageError(Exception):
    """The command was called with arguments that it cannot use: exit code 2."""
