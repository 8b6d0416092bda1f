"""An identity provider's configuration on https://127.0.0.1, with its own certificate authority."""

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
    """A provider at `url`. `authority` is the PEM file of the authority that clients must trust."""

    url: str
    authority: Path
    status: int = 200
    body: bytes = b""

    def state(self, issuer: str) -> None:
        """Set the issuer in the configuration."""
        self.body = json.dumps({"issuer": issuer, "jwks_uri": f"{self.url}keys"}).encode()


@contextmanager
def serving(folder: Path) -> Iterator[Provider]:
    """Serve a provider for the `with`. Its issuer is its own URL by default."""
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
