"""An identity provider's configuration on https://127.0.0.1, with its own certificate authority."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

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
    authority, certificate = _write_certificates(folder)
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


def _write_certificates(folder: Path) -> tuple[Path, Path]:
    """Write PEM files: the authority's certificate, and the server's with its key."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    authority = _builder(name, name, authority_key.public_key()).add_extension(x509.BasicConstraints(True, None), True)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = _builder(subject, name, key.public_key()).add_extension(address, False)
    authority_file, certificate_file = folder / "authority.pem", folder / "provider.pem"
    authority_file.write_bytes(authority.sign(authority_key, SHA256()).public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate_file.write_bytes(certificate.sign(authority_key, SHA256()).public_bytes(Encoding.PEM) + pem)
    return authority_file, certificate_file


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
