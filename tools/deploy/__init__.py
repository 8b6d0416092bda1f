"""`make deploy`: from nothing to a deployment that the doctor has checked."""


class Stopped(Exception):
    """The deployment stops here. The message says why and what to do."""
