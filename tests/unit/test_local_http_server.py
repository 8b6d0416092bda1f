"""The local stack's HTTP server, byte for byte."""

import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest

from local.gateway.http_server import HOST, HttpServer, Request, Response

LIMIT = 1000


def echo(request: Request) -> Response:
    if request.path == "/fail":
        raise ZeroDivisionError
    return Response(request.data, 200, [("X-Method", request.method), ("X-Target", request.target)])


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    server = HttpServer(echo, 0, max_body=LIMIT)
    server.start()
    yield server
    server.close()


@pytest.fixture
def connection(server: HttpServer) -> Iterator[HTTPConnection]:
    connection = HTTPConnection(HOST, server.port, timeout=5)
    yield connection
    connection.close()


def ask(connection: HTTPConnection, method: str, path: str, body: bytes | None = None) -> tuple[HTTPResponse, bytes]:
    connection.request(method, path, body)
    response = connection.getresponse()
    return response, response.read()


def raw(server: HttpServer, sent: bytes) -> bytes:
    """All that the server answers until it hangs up or waits for more."""
    with socket.create_connection((HOST, server.port), timeout=5) as wire:
        wire.sendall(sent)
        wire.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: wire.recv(65536), b""))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_request_is_answered(connection: HTTPConnection, method: str) -> None:
    response, body = ask(connection, method, "/a%20b?c=d", b"hello")

    assert (response.status, body) == (200, b"hello")
    assert (response.headers["X-Method"], response.headers["X-Target"]) == (method, "/a%20b?c=d")


def test_a_head_request_gets_no_body(connection: HTTPConnection) -> None:
    response, body = ask(connection, "HEAD", "/", b"hello")

    assert (response.status, body, response.headers["Content-Length"]) == (200, b"", "5")


def test_a_handler_that_raises_is_500(connection: HTTPConnection, capsys: pytest.CaptureFixture[str]) -> None:
    response, body = ask(connection, "GET", "/fail")

    assert (response.status, body) == (500, b'{"message":"Internal Server Error"}')
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_body_at_the_limit_passes_and_a_longer_one_is_413(connection: HTTPConnection) -> None:
    assert ask(connection, "POST", "/", b"x" * LIMIT)[0].status == 200

    response, body = ask(connection, "POST", "/", b"x" * (LIMIT + 1))

    assert (response.status, body) == (413, b'{"message":"Request Entity Too Large"}')


def test_a_refused_sender_gets_to_read_why(connection: HTTPConnection) -> None:
    response, _ = ask(connection, "POST", "/", b"x" * 5_000_000)  # more than the socket's buffers hold

    assert response.status == 413


def test_a_chunked_body_is_put_together(server: HttpServer) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert raw(server, head + b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n").endswith(b"\r\n\r\nhello")


def test_a_chunked_body_beyond_the_limit_is_413(server: HttpServer) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert raw(server, head + b"400\r\n" + b"x" * 1024).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: five\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nhello",
    ],
)
def test_framing_that_cannot_be_trusted_is_400(server: HttpServer, framing: bytes) -> None:
    answer = raw(server, b"POST / HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\nhello")

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "cut",
    [
        b"Content-Length: 10\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ],
)
def test_half_a_body_is_not_handled(server: HttpServer, cut: bytes) -> None:
    assert b"200" not in raw(server, b"POST / HTTP/1.1\r\nHost: x\r\n" + cut)


def test_expect_100_continue_is_answered(server: HttpServer) -> None:
    with socket.create_connection((HOST, server.port), timeout=5) as wire:
        wire.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert wire.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.sendall(b"hello")
        assert wire.recv(1024).endswith(b"\r\n\r\nhello")


def test_a_client_that_asks_first_is_refused_before_it_sends(server: HttpServer) -> None:
    with socket.create_connection((HOST, server.port), timeout=5) as wire:
        wire.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n")
        assert wire.recv(1024).startswith(b"HTTP/1.1 413 ")


def test_an_answer_leaves_in_one_segment(server: HttpServer) -> None:
    with socket.create_connection((HOST, server.port), timeout=5) as wire:
        wire.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
        assert wire.recv(65536).endswith(b"\r\n\r\nhello")


def test_a_taken_port_is_an_error(server: HttpServer) -> None:
    with pytest.raises(OSError, match="in use"):
        HttpServer(echo, server.port)


def test_a_closed_server_does_not_listen() -> None:
    server = HttpServer(echo, 0)
    server.start()
    server.close()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, server.port), timeout=5)
