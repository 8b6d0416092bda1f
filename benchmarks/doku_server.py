"""The process behind `benchmarks.doku.StandIn`: token and check status, each answered after the same time.

Reads one JSON object a line from standard input and answers each with one: first what to serve, answered with the
port; then {"latency": seconds}, {"reset": true} or {"asked": true}. Ends when its input does.
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
"""Benchmarks move a clock of their own, which the stand-in does not see."""
WORKED_ON = "WORKED-ON"
"""Of a transfer whose reference begins so, DOKU says "processing" the first time it is asked, and "paid" from then."""
_TOKEN_SECONDS = 86_400
_TOKEN_PATH = "/authorization/v1/access-token/b2b"


@dataclass
class Doku:
    """Who may ask, and who was asked about how often."""

    settings: Settings
    latency: float
    tokens: TokenDesk = field(default_factory=TokenDesk)
    asked: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    def answer(self, request: Request) -> Answer:
        """What DOKU answers; signatures and tokens are verified as the simulator does."""
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
    """One kept-alive HTTP/1.1 connection; requests come one after the other, with a Content-Length."""

    def __init__(self, doku: Doku) -> None:
        self._doku = doku
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """From asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """From asyncio. Answers once a whole request is there."""
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
    _say({"port": server.sockets[0].getsockname()[1]})
    while line := await lines.readline():
        _say(_obey(doku, json.loads(line)))


def _doku(configuration: Mapping[str, Any]) -> Doku:
    settings = Settings.from_secret(configuration["secret"], skew_seconds=_ANY_SKEW, token_seconds=_TOKEN_SECONDS)
    return Doku(settings, configuration["latency"])


def _obey(doku: Doku, order: Mapping[str, Any]) -> dict[str, Any]:
    if "latency" in order:
        doku.latency = order["latency"]
    if "reset" in order:
        doku.asked.clear()
    return {"asked": doku.asked if "asked" in order else {}, "refused": doku.refused}


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _say(answer: Mapping[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
