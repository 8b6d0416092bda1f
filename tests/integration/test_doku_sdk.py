"""DOKU's own Python SDK verifies the signature of every call."""

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from local.gateway.http_server import HttpServer, Request, Response
from local.in_process.backing_services import BackingServices
from tests.support.harness import World, order

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its sources have an invalid escape sequence
    from doku_python_library.src.services.token_service import TokenService

OPERATIONS = ("bank-account-inquiry", "transfer-bank", "qr-mpm-status", "balance-inquiry")


@dataclass
class Recorder:
    """Stands before the simulator and remembers every request by the last part of its path."""

    behind: str
    requests: dict[str, Request] = field(default_factory=dict)

    def answer(self, request: Request) -> Response:
        """As the simulator does."""
        self.requests[request.path.rpartition("/")[2]] = request
        kept = {name: value for name, value in request.headers if name.lower() not in ("host", "content-length")}
        passed = requests.post(self.behind + request.target, data=request.data, headers=kept, timeout=10)
        return Response(passed.content, passed.status_code, [("content-type", "application/json")])


@pytest.fixture
def recorded(world: World) -> Iterator[dict[str, Request]]:
    """One request of each kind, by the last part of its path."""
    recorder = Recorder(world.environment["DOKU_BASE_URL"])
    server = HttpServer(recorder.answer, 0)
    server.start()
    world.environment = {**world.environment, "DOKU_BASE_URL": server.url}
    world.clock.advance(1_000)  # so that a new token is needed
    merchant, body = world.restarted(), order(remark='All of "printable" ASCII: \\ / <&> ~')
    assert merchant.create(body).status == 201
    assert merchant.request("POST", f"/v1/transfers/{body['partnerReferenceNo']}/status-checks").status == 200
    assert merchant.request("GET", "/v1/balance").status == 200
    yield recorder.requests
    server.close()


def headers_of(request: Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers}


@pytest.mark.covers("I15")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_dokus_sdk_signs_our_calls_as_we_do(
    recorded: dict[str, Request], backing_services: BackingServices, operation: str
) -> None:
    request, secret = recorded[operation], json.loads(backing_services.secret)
    headers = headers_of(request)
    fields: dict[str, Any] = json.loads(request.data)
    signature = TokenService.generate_symmetric_signature(
        "POST",
        request.target,
        headers["authorization"].removeprefix("Bearer "),
        fields,
        headers["x-timestamp"],
        secret["clientSecret"],
    )
    assert signature == headers["x-signature"]


def test_dokus_sdk_verifies_our_token_request(recorded: dict[str, Request], backing_services: BackingServices) -> None:
    headers, secret = headers_of(recorded["b2b"]), json.loads(backing_services.secret)
    private = load_pem_private_key(secret["privateKey"].encode(), password=None)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    text = f"{secret['clientId']}|{headers['x-timestamp']}"
    assert TokenService.compare_signatures(text, headers["x-signature"], public)
    assert not TokenService.compare_signatures(text + " ", headers["x-signature"], public)
    assert TokenService.create_signature(secret["privateKey"], text) == headers["x-signature"]
