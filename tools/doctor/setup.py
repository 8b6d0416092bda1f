"""The set-up to check: a deployment, the local run, or only a file with credentials."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from local.doku_secret import BASE_URL, SETTINGS, OtherDoku
from payouts.doku.signer import KmsClient
from payouts.runtime import aws
from payouts.store.table import Table
from payouts.store.tokens import TokenStore
from tools.deployment import Deployment

_VARIABLES = {"DokuBaseUrl": BASE_URL, **SETTINGS}


class Secrets(Protocol):
    """A Secrets Manager client, or a file that behaves like one."""

    def get_secret_value(self, *, SecretId: str, VersionStage: str = ...) -> Mapping[str, Any]:  # noqa: N803
        """The secret, at `SecretString`."""


@dataclass(frozen=True)
class FileSecret:
    """A secret from a file instead of Secrets Manager."""

    text: str = field(repr=False)

    def get_secret_value(self, *, SecretId: str, VersionStage: str = "") -> Mapping[str, Any]:  # noqa: N803
        """Return the text of the file, for every id."""
        return {"ARN": "file", "SecretString": self.text}


@dataclass(frozen=True)
class SetUp:
    """The inputs of the checks. `tokens`, `table`, `api_url` and `issuer` are None where nothing is deployed.

    A local run has no issuer either: its authorizer has the key.
    """

    name: str
    environment: Mapping[str, str]
    """The functions' variables: DOKU_BASE_URL, DOKU_PATH_PREFIX ..., where set."""
    secrets: Secrets
    tokens: TokenStore | None = None
    table: Table | None = None
    api_url: str | None = None
    issuer: str | None = None
    reserves_concurrency: bool | None = None
    """Whether the functions have reserved concurrency; None where Lambda runs none of them."""
    secret_file: bool = False
    kms: Callable[[], KmsClient] = aws.kms


def of_file(doku: OtherDoku, environment: Mapping[str, str] = os.environ) -> SetUp:
    """Credentials from a file and settings from the environment; nothing is deployed."""
    known = {name: environment[name] for name in _VARIABLES.values() if environment.get(name)}
    settings = known | {"DOKU_BASE_URL": doku.base_url, "DOKU_SECRET_ID": "file"}
    return SetUp(doku.base_url, settings, FileSecret(doku.secret), secret_file=True)


def of_deployment(deployment: Deployment) -> SetUp:
    """A deployment, or the local run."""
    settings = {_VARIABLES[name]: value for name, value in deployment.parameters.items() if name in _VARIABLES}
    table = deployment.table()
    return SetUp(
        name=deployment.name,
        environment=settings | {"DOKU_SECRET_ID": deployment.outputs["SecretId"]},
        secrets=deployment.client("secretsmanager"),
        tokens=TokenStore(table),
        table=table,
        api_url=deployment.outputs["ApiUrl"],
        issuer=None if deployment.is_local else deployment.parameters.get("JwtIssuer"),
        reserves_concurrency=None if deployment.is_local else deployment.parameters.get("ReserveConcurrency") == "true",
        kms=lambda: cast("KmsClient", deployment.client("kms")),
    )
