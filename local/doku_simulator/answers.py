"""Operations and answers, before they are bytes on a socket."""

import json
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Operation(StrEnum):
    """The token call and the four operations, with the service code that ends up in every responseCode."""

    TOKEN = "token"
    INQUIRY = "inquiry"
    BALANCE = "balance"
    TRANSFER = "transfer"
    STATUS = "status"

    @property
    def service(self) -> str:
        """Two digits."""
        return {"token": "73", "inquiry": "42", "balance": "11", "transfer": "43", "status": "53"}[self.value]


@dataclass(frozen=True)
class Answer:
    """An HTTP status with a JSON body; `responseCode` inside is text until `encode` writes it."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str | None:
        """The 7-digit responseCode, None in a body of another kind."""
        return self.body.get("responseCode")

    @property
    def executed(self) -> bool:
        """Whether the operation was carried out (200 or 202)."""
        return self.status < 300

    def patched(self, **fields: Any) -> "Answer":
        """The same answer with some body fields replaced."""
        return replace(self, body=self.body | fields)

    def encode(self, number_codes: bool) -> bytes:
        """The body as UTF-8 JSON, its responseCode a bare number or a string."""
        body = self.body
        if number_codes and self.code is not None and self.code.isdecimal():
            body = body | {"responseCode": int(self.code)}
        return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def snap(operation: Operation, status: int, case: str, message: str, /, **fields: Any) -> Answer:
    """A SNAP answer: responseCode is HTTP status, service code and case code put together."""
    code = f"{status}{operation.service}{case}"
    return Answer(status, {"responseCode": code, "responseMessage": message, **fields})


class RefusedError(Exception):
    """The call is refused with this HTTP status, case code and message; nothing was executed."""

    def __init__(self, status: int, case: str, message: str) -> None:
        super().__init__(message)
        self.status, self.case, self.message = status, case, message

    def answer(self, operation: Operation) -> Answer:
        """The refusal as that operation words it. A refused token has null token fields."""
        nulls = {"accessToken": None, "tokenType": None, "expiresIn": None} if operation is Operation.TOKEN else {}
        return snap(operation, self.status, self.case, self.message, **nulls)


def malformed(name: str) -> RefusedError:
    """400ss01: a header or body field has the wrong form."""
    return RefusedError(400, "01", f"Invalid Field Format {name}")


def missing(name: str) -> RefusedError:
    """400ss02: a mandatory header or body field is missing or empty."""
    return RefusedError(400, "02", f"Invalid Mandatory Field {name}")


def unauthorized(reason: str) -> RefusedError:
    """401ss00: the signature or the client is wrong."""
    return RefusedError(401, "00", f"Unauthorized. {reason}")
