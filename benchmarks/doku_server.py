"""The process behind `benchmarks.doku.StandIn`. It answers token requests and status checks after the same latency.

Reads one JSON object a line from standard input and answers each with one: first the configuration, answered with the
port; then {"latency": seconds}, {"reset": true} or {"asked": true}. Ends with its standard input. By hand, since an
asyncio protocol takes less processor time than an HTTP library.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.doku_simulator import Settings
from local.doku_simulator.answers import Answer, Operation, RefusedError, snap
from local.doku_simulator.auth import Request, verify_call
from local.doku_simulator.operations.token import grant
from local.doku_simulator.tokens import TokenDesk

_ANY_SKEW = 10**9
"""Benchmarks advance their own clock, which the stand-in does not see."""
WORKED_ON = "WORKED-ON"
"""Prefix of references whose first status check finds "processing"; later ones find "paid"."""
_TOKEN_SECONDS = 86_400
_TOKEN_PATH = "/authorization/v1/access-token/b2b"


@dataclass
class Doku:
    """The settings and issued tokens, and the number of status checks by reference."""

    settings: Settings
    latency: float
    tokens: TokenDesk = field(default_factory=TokenDesk)
    asked: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    def answer(self, request: Request) -> Answer:
        """Answer a request after verifying its signature and token as the simulator does."""
        if request.path == _TOKEN_PATH:
            return self._refusable(Operation.TOKEN, request)
        return self._refusable(Operation.STATUS, request)

    def _refusable(self, operation: Operation, request: Request) -> Answer:
        try:
            if operation is Operation.TOKEN:
                return grant(request, self.settings, self.tokens, time.time())
            verify_call(request, self.settings, self.tokens, time.time())
        except RefusedError as refused:
            self.refused += 1
            return refused.answer(operation)
        return self._status(json.loads(request.body)["originalPartnerReferenceNo"])

    def _status(self, reference: str) -> Answer:
        self.asked[reference] += 1
        paid = self.asked[reference] > 1 or not reference.startswith(WORKED_ON)
        return snap(
            Operation.STATUS,
            200,
            "00",
            "Successful",
            originalReferenceNo=f"DK-{reference}",
            originalPartnerReferenceNo=reference,
            serviceCode=43,
            latestTransactionStatus="00" if paid else "03",
            transactionStatusDesc="Success" if paid else "Pending",
            amount={"value": "200000.00", "currency": "IDR"},
        )


class Connection(asyncio.Protocol):
    """A keep-alive HTTP/1.1 connection; requests are sequential and have a Content-Length."""

    def __init__(self, doku: Doku) -> None:
        self._doku = doku
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio)."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once the request is complete (asyncio)."""
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        if len(body) < int(headers.get("content-length", 0)):
            return
        self._received = b""
        method, target, _ = line.split(" ")
        answer = self._doku.answer(Request(method, target, headers, body))
        asyncio.get_running_loop().call_later(self._doku.latency, self._send, answer)

    def _send(self, answer: Answer) -> None:
        body = answer.encode(number_codes=True)
        head = f"HTTP/1.1 {answer.status} Said\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(head.encode() + body)


async def serve() -> None:
    """Serve until standard input ends."""
    lines = await _standard_input()
    doku = _doku(json.loads(await lines.readline()))
    server = await asyncio.get_running_loop().create_server(lambda: Connection(doku), "127.0.0.1", 0, backlog=512)
    _write({"port": server.sockets[0].getsockname()[1]})
    while line := await lines.readline():
        _write(_execute(doku, json.loads(line)))


def _doku(configuration: Mapping[str, Any]) -> Doku:
    settings = Settings.from_secret(configuration["secret"], skew_seconds=_ANY_SKEW, token_seconds=_TOKEN_SECONDS)
    return Doku(settings, configuration["latency"])


def _execute(doku: Doku, command: Mapping[str, Any]) -> dict[str, Any]:
    if "latency" in command:
        doku.latency = command["latency"]
    if "reset" in command:
        doku.asked.clear()
    return {"asked": doku.asked if "asked" in command else {}, "refused": doku.refused}


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _write(answer: Mapping[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
