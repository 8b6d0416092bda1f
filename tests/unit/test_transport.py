"""The transport against misbehaving sockets: only a failed connection proves that nothing was sent."""

import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import certifi
import pytest

from local.ports import any_free_port
from payouts.doku.transport import HttpResponse, NeverSent, NoReply, Transport
from tests.support.certificates import write_certificates
from tests.support.tcp_server import Script, listening, resetting_after, saying, staying_silent, trickling

PATH = "/v1.0/emoney/transfer-bank"
HEADERS = {"Content-Type": "application/json", "X-EXTERNAL-ID": "17000000001230000000000000000007"}
BODY = b'{"remark":"Caf\xc3\xa9  \\u0000 \r\n\x00\xff"}'
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
PATIENT = (2.0, 5.0)
HASTY = (2.0, 0.05)


@contextlib.contextmanager
def transport_to(
    url: str, clock: Callable[[], float] = lambda: 0.0, wall_clock: Callable[[], float] = lambda: 0.0
) -> Iterator[Transport]:
    transport = Transport(url, clock=clock, wall_clock=wall_clock)
    yield transport
    transport.close()


@pytest.fixture
def free_port() -> int:
    return any_free_port()


@contextlib.contextmanager
def unanswered() -> Iterator[tuple[str, int]]:
    """An address whose queue of connections is full: the handshake of TCP itself is never answered."""
    with socket.socket() as server, contextlib.ExitStack() as waiting:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            filler = waiting.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield server.getsockname()


@contextlib.contextmanager
def taking(least: float, most: float) -> Iterator[None]:
    """What happens inside takes so many seconds."""
    began = time.monotonic()
    yield
    assert least <= time.monotonic() - began <= most


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The PEM files of an authority that nobody trusts, and of a certificate for 127.0.0.1 that it signed."""
    return write_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def server_tls(certificates: tuple[Path, Path]) -> ssl.SSLContext:
    """TLS under that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates[1])
    return context


@pytest.fixture
def trusted(certificates: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority is trusted here."""
    monkeypatch.setattr(certifi, "where", lambda: str(certificates[0]))


@pytest.mark.covers(8)
def test_a_refused_connection_proves_that_nothing_was_sent(free_port: int) -> None:
    with transport_to(f"http://127.0.0.1:{free_port}") as transport, pytest.raises(NeverSent):
        transport.post(PATH, HEADERS, BODY, PATIENT)


@pytest.mark.covers(8)
def test_an_unresolved_host_proves_nothing_was_sent() -> None:
    with transport_to("https://doku.invalid") as transport, pytest.raises(NeverSent):
        transport.post(PATH, HEADERS, BODY, PATIENT)


@pytest.mark.covers(8)
def test_a_connect_timeout_proves_nothing_was_sent() -> None:
    with (
        unanswered() as (host, port),
        transport_to(f"http://{host}:{port}") as transport,
        taking(0.1, 2.0),
        pytest.raises(NeverSent),
    ):
        transport.post(PATH, HEADERS, BODY, (0.1, 5.0))


@pytest.mark.covers(8)
def test_an_untrusted_certificate_proves_nothing_was_sent(server_tls: ssl.SSLContext) -> None:
    seen: list[bytes] = []
    handshake_done = threading.Event()

    def accept(server: socket.socket) -> None:
        connection, _ = server.accept()
        connection.settimeout(5)
        with contextlib.suppress(OSError), server_tls.wrap_socket(connection, server_side=True) as secured:
            seen.append(secured.recv(1))
        handshake_done.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept, args=(server,), daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        with transport_to(url) as transport, pytest.raises(NeverSent):
            transport.post(PATH, HEADERS, BODY, PATIENT)
        assert handshake_done.wait(5)
        thread.join(5)
    assert b"".join(seen) == b""


def test_a_port_without_tls_gives_no_answer() -> None:
    with listening(saying(OK)) as peer, transport_to(peer.url.replace("http:", "https:")) as transport:
        with pytest.raises((NeverSent, NoReply)):
            transport.post(PATH, HEADERS, BODY, (0.1, 0.1))
        assert peer.requests == []


@pytest.mark.covers(9, 10, 11, 14)
@pytest.mark.parametrize(
    "script",
    [
        saying(),
        resetting_after(b""),
        resetting_after(b"HTTP/1.1 200 OK\r\n"),
        resetting_after(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"),
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
        saying(b"SSH-2.0-OpenSSH_9.6\r\n"),
        saying(b"\x16\x03\x01\x00\x00"),
        saying(b"HTTP/1.1 abc OK\r\n\r\n"),
    ],
    ids=[
        *("closed after the request", "reset after the request", "reset in the head", "reset in the body"),
        *("body cut short", "chunks cut short", "bad chunk", "not gzip", "not HTTP", "not HTTP but TLS", "no status"),
    ],
)
def test_a_request_without_a_whole_answer_proves_nothing(script: Script) -> None:
    with listening(script) as peer, transport_to(peer.url) as transport:
        with pytest.raises(NoReply):
            transport.post(PATH, HEADERS, BODY, PATIENT)
        assert len(peer.requests) == 1  # and it was not sent again


@pytest.mark.covers(9, 10)
@pytest.mark.parametrize(
    "script",
    [
        staying_silent,
        saying(b"HTTP/1.1 200 OK\r\n", then=None),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", then=None),
    ],
    ids=["before the answer", "in the head", "in the body"],
)
def test_a_read_time_out_proves_nothing(script: Script) -> None:
    with listening(script) as peer, transport_to(peer.url) as transport:
        with pytest.raises(NoReply):
            transport.post(PATH, HEADERS, BODY, HASTY)
        assert peer.closed.wait(5)
        assert len(peer.requests) == 1  # and it was not sent again


HEAD = b"HTTP/1.1 200 OK\r\n"
CUT_OFF = (0.2, 0.5)
"""Limits that a trickle of one part in 0.15 s never reaches between two parts."""


TRICKLES = {
    "status line": [HEAD[at : at + 1] for at in range(len(HEAD))] * 3,
    "headers": [HEAD, *[b"X-Slow: yes\r\n"] * 40],
    "body": [HEAD + b"Content-Length: 100\r\n\r\n", *[b"x"] * 40],
    "chunks": [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 40],
    "interim answers": [b"HTTP/1.1 100 Continue\r\n\r\n"] * 40,
}


@pytest.mark.covers(10)
@pytest.mark.usefixtures("trusted")
def test_an_answer_that_trickles_is_cut_off_at_the_deadline(server_tls: ssl.SSLContext) -> None:
    """One line now and then keeps a connection busy for ever; a call ends after its two limits together.

    All at once, over http and https: together they take as long as one.
    """

    def cut_off(parts: list[bytes], tls: ssl.SSLContext | None) -> None:
        with listening(trickling(parts, every=0.15), tls) as peer, contextlib.closing(Transport(peer.url)) as transport:
            with taking(0.65, 1.5), pytest.raises(NoReply):
                transport.post(PATH, HEADERS, BODY, CUT_OFF)
            assert peer.closed.wait(5)
            assert len(peer.requests) == 1

    with ThreadPoolExecutor(2 * len(TRICKLES)) as pool:
        calls = {
            (name, tls is not None): pool.submit(cut_off, parts, tls)
            for name, parts in TRICKLES.items()
            for tls in (None, server_tls)
        }
        failures = {case: call.exception() for case, call in calls.items()}
    assert {case: failure for case, failure in failures.items() if failure} == {}


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.usefixtures("trusted")
def test_an_answer_over_tls_is_read(fresh: bool, server_tls: ssl.SSLContext) -> None:
    with listening(saying(OK, then=None), server_tls) as peer, transport_to(peer.url) as transport:
        for _ in range(2):
            assert transport.post(PATH, HEADERS, BODY, PATIENT, fresh=fresh) == HttpResponse(200, b"{}")
        assert peer.connections == (2 if fresh else 1)


def test_a_slow_answer_before_the_deadline_is_whole() -> None:
    parts = [HEAD, b"Content-Length: 2\r\n", b"\r\n", b"{", b"}"]
    with listening(trickling(parts, every=0.1)) as peer, contextlib.closing(Transport(peer.url)) as transport:
        assert transport.post(PATH, HEADERS, BODY, (0.5, 1.0)) == HttpResponse(200, b"{}")


def test_a_stalled_request_may_have_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with (
            contextlib.closing(Transport(url)) as transport,
            taking(0.3, 1.5),
            pytest.raises(NoReply),
        ):
            transport.post(PATH, HEADERS, bytes(50_000_000), (0.2, 0.3))


def test_a_stalled_handshake_proves_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        with contextlib.closing(Transport(url)) as transport, taking(0.3, 1.5), pytest.raises(NeverSent):
            transport.post(PATH, HEADERS, BODY, (0.3, 5.0))


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> str:
    """The URL of a host that has these addresses, in this order."""
    asked = socket.getaddrinfo

    def resolve(host: str, *arguments: Any, **named: Any) -> Any:
        if host != "doku.test":
            return asked(host, *arguments, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return "http://doku.test:80"


def test_the_addresses_of_a_host_share_the_time_to_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    with unanswered() as dead:
        url = resolving(monkeypatch, dead, dead, dead, dead)
        with contextlib.closing(Transport(url)) as transport, taking(0.4, 1.2), pytest.raises(NeverSent):
            transport.post(PATH, HEADERS, BODY, (0.4, 5.0))


def test_a_dead_address_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with unanswered() as dead, listening(saying(OK)) as peer:
        url = resolving(monkeypatch, dead, ("127.0.0.1", peer.port))
        with contextlib.closing(Transport(url)) as transport:
            assert transport.post(PATH, HEADERS, BODY, (0.6, 5.0)).http_status == 200


@pytest.mark.covers(14)
def test_a_body_without_end_is_cut_off() -> None:
    endless = [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"8000\r\n" + b" " * 0x8000 + b"\r\n"] * 40]
    with (
        listening(saying(*endless)) as peer,
        transport_to(peer.url) as transport,
        pytest.raises(NoReply, match="TooLong"),
    ):
        transport.post(PATH, HEADERS, BODY, PATIENT)


def test_a_compressed_answer_is_read() -> None:
    body = gzip.compress(b'{"responseCode": "2004300"}')
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    with listening(saying(head + body)) as peer, transport_to(peer.url) as transport:
        assert transport.post(PATH, HEADERS, BODY, PATIENT) == HttpResponse(200, b'{"responseCode": "2004300"}')


def test_a_cookie_is_not_sent_back() -> None:
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1; Path=/\r\nContent-Length: 2\r\n\r\n{}"
    with listening(saying(head, then=None)) as peer, transport_to(peer.url) as transport:
        for _ in range(2):
            transport.post(PATH, HEADERS, BODY, PATIENT)
        assert not any(b"cookie" in request.lower() for request in peer.requests)


@pytest.mark.covers("I1")
def test_a_fresh_call_has_its_own_connection() -> None:
    with listening(saying(OK, then=None)) as peer, transport_to(peer.url) as transport:
        transport.post(PATH, HEADERS, BODY, PATIENT)
        transport.post(PATH, HEADERS, BODY, PATIENT, fresh=True)
        assert peer.closed.wait(5)
        assert peer.connections == 2
        transport.post(PATH, HEADERS, BODY, PATIENT)
        assert (peer.connections, len(peer.requests)) == (2, 3)


def answering_late(*answers: bytes) -> Script:
    """On each connection the first answer again just before the second, as a late duplicate comes."""
    seen: dict[socket.socket, int] = {}

    def answer(connection: socket.socket) -> None:
        number = seen[connection] = seen.get(connection, 0) + 1
        connection.sendall(answers[0] if number == 1 else answers[0] + answers[1])

    return answer


@pytest.mark.covers("I1", 21)
def test_a_late_duplicate_never_answers_a_fresh_call() -> None:
    """A refusal of the first transfer, sent twice, would be taken for the answer to the second, which is executed."""
    refused = b"HTTP/1.1 403 X\r\nContent-Length: 2\r\n\r\n{}"
    with listening(answering_late(refused, OK)) as peer, transport_to(peer.url) as transport:
        transport.post(PATH, HEADERS, BODY, PATIENT)
        assert transport.post(PATH, HEADERS, BODY, PATIENT).http_status == 403  # the duplicate, on a shared connection
    with listening(answering_late(refused, OK)) as peer, transport_to(peer.url) as transport:
        for _ in range(2):
            transport.post(PATH, HEADERS, BODY, PATIENT, fresh=True)
        assert peer.connections == len(peer.requests) == 2


@pytest.mark.covers("I17")
def test_an_error_names_its_kind_and_no_content() -> None:
    """I17: the message of the error of requests holds host and path."""
    with listening(saying()) as peer, transport_to(peer.url) as transport:
        with pytest.raises(NoReply) as failed:
            transport.post(PATH, HEADERS | {"Authorization": "Bearer secret"}, BODY, PATIENT)
        assert str(failed.value) == "ConnectionError"


@pytest.mark.covers(13)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    with listening(saying(OK)) as elsewhere:
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}{PATH}\r\nContent-Length: 0\r\n\r\n"
        with listening(saying(head.encode())) as peer, transport_to(peer.url) as transport:
            assert transport.post(PATH, HEADERS, BODY, PATIENT) == HttpResponse(status, b"")
            assert len(peer.requests) == 1
        assert elsewhere.connections == 0


@pytest.mark.covers(15, 18, "I1")
@pytest.mark.parametrize("status", [202, 400, 401, 404, 409, 429, 500, 502, 503, 504])
def test_every_status_is_an_answer_and_none_is_tried_again(status: int) -> None:
    head = f"HTTP/1.1 {status} X\r\nRetry-After: 7\r\nContent-Length: 6\r\n\r\n<html>"
    with listening(saying(head.encode())) as peer, transport_to(peer.url) as transport:
        assert transport.post(PATH, HEADERS, BODY, PATIENT) == HttpResponse(status, b"<html>")
        assert len(peer.requests) == peer.connections == 1


@pytest.mark.covers("I15")
@pytest.mark.parametrize("body", [BODY, b"", b"{}", b'{ "a" : 1 }\n', bytes(range(256)) * 1_000])
def test_the_bytes_sent_are_the_bytes_given(body: bytes) -> None:
    with listening(saying(OK)) as peer, transport_to(peer.url) as transport:
        assert transport.post(PATH, HEADERS, body, PATIENT) == HttpResponse(200, b"{}")
        (request,) = peer.requests
    head, _, sent = request.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    headers = dict(one.split(": ", 1) for one in lines)
    assert line == f"POST {PATH} HTTP/1.1"
    assert sent == body
    assert headers["Content-Length"] == str(len(body))
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert not {"Authorization", "Cookie", "Transfer-Encoding", "Expect"} & headers.keys()


@pytest.mark.covers(12)
@pytest.mark.parametrize(("idle", "connections"), [(0.0, 1), (19.0, 1), (20.1, 2), (900.0, 2)])
def test_a_connection_idle_for_20_seconds_is_not_reused(idle: float, connections: int) -> None:
    """A frozen Lambda sleeps for minutes, and its connections die unseen."""
    now = [100.0]
    with listening(saying(OK, then=None)) as peer, transport_to(peer.url, lambda: now[0]) as transport:
        transport.post(PATH, HEADERS, BODY, PATIENT)
        now[0] += idle
        transport.post(PATH, HEADERS, BODY, PATIENT)
        assert (peer.connections, len(peer.requests)) == (connections, 2)


@pytest.mark.covers(12)
@pytest.mark.parametrize(
    ("monotonic", "wall", "connections"),
    [(0.0, 20.1, 2), (0.0, 19.0, 1), (-1.0, 1.0, 2), (1.0, -1.0, 2), (-1e6, 3e5, 2), (20.1, 0.0, 2)],
    ids=["frozen", "just used", "another machine's clock", "set back", "restored", "wall clock stopped"],
)
def test_either_clock_ends_an_idle_connection(monotonic: float, wall: float, connections: int) -> None:
    """A machine that is frozen or restored from a snapshot need not count the time in between."""
    now = [1e7, 1.7e9]
    with (
        listening(saying(OK, then=None)) as peer,
        transport_to(peer.url, lambda: now[0], lambda: now[1]) as transport,
    ):
        transport.post(PATH, HEADERS, BODY, PATIENT)
        now[0] += monotonic
        now[1] += wall
        transport.post(PATH, HEADERS, BODY, PATIENT)
        assert (peer.connections, len(peer.requests)) == (connections, 2)


def test_after_close_the_next_request_takes_a_new_connection() -> None:
    with listening(saying(OK, then=None)) as peer, transport_to(peer.url) as transport:
        for _ in range(2):
            assert transport.post(PATH, HEADERS, BODY, PATIENT).http_status == 200
            transport.close()
        assert (peer.connections, len(peer.requests)) == (2, 2)


@pytest.mark.covers(12)
def test_idleness_counts_from_the_end_of_the_last_call() -> None:
    now = [100.0]
    with listening(saying(OK, then=None)) as peer, transport_to(peer.url, lambda: now[0]) as transport:
        for _ in range(4):
            transport.post(PATH, HEADERS, BODY, PATIENT)
            now[0] += 15.0
        assert peer.connections == 1


@pytest.mark.covers(12, "I1")
def test_a_closed_connection_is_replaced_before_sending() -> None:
    with listening(saying(OK)) as peer, transport_to(peer.url) as transport:
        for number in (1, 2, 3):
            transport.post(PATH, HEADERS, BODY, PATIENT)
            assert peer.closed.wait(5)
            peer.closed.clear()
            assert (peer.connections, len(peer.requests)) == (number, number)


def test_a_connection_works_again_after_it_failed() -> None:
    answers = iter([b"", OK])
    with listening(lambda connection: saying(next(answers))(connection)) as peer, transport_to(peer.url) as transport:
        with pytest.raises(NoReply):
            transport.post(PATH, HEADERS, BODY, PATIENT)
        assert transport.post(PATH, HEADERS, BODY, PATIENT).http_status == 200


def test_the_environments_proxy_and_netrc_are_ignored(
    free_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No proxy and no .netrc of the environment is used."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with listening(saying(OK)) as peer, transport_to(peer.url) as transport:
        assert transport.post(PATH, HEADERS, BODY, PATIENT).http_status == 200
        (request,) = peer.requests
    assert b"authorization" not in request.lower()
