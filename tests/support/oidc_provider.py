"""An identity provider's configuration document on https://127.0.0.1, with a certificate authority of its own."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.certificates import write_certificates

_PATH = "/.well-known/openid-configuration"


@dataclass
class Provider:
    """What it says at `url`; `authority` is the PEM file that clients must trust."""

    url: str
    authority: Path
    status: int = 200
    body: bytes = b""

    def state(self, issuer: str) -> None:
        """Name this issuer in the configuration document."""
        self.body = json.dumps({"issuer": issuer, "jwks_uri": f"{self.url}keys"}).encode()


@contextmanager
def serving(folder: Path) -> Iterator[Provider]:
    """A provider that names its own URL as issuer, until a test has it say something else."""
    authority, certificate = write_certificates(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        provider = Provider(f"https://127.0.0.1:{server.server_address[1]}/", authority)
        provider.state(provider.url)
        server.RequestHandlerClass = _handler(provider)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(provider.status if self.path == _PATH else 404)
            self.send_header("Content-Length", str(len(provider.body)))
            self.end_headers()
            self.wfile.write(provider.body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    return Handler
