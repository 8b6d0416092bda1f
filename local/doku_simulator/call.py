"""One authenticated call of an operation."""

from dataclasses import dataclass

from local.doku_simulator.answers import Json


@dataclass(frozen=True)
class Call:
    """The parsed body, the X-EXTERNAL-ID and the time (epoch seconds) of a call that may be carried out."""

    body: Json
    external_id: str
    now: float
