"""The set-up that is looked at: a deployment, the local run, or just a file with credentials."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from local.doku_secret import BASE_URL, SETTINGS, OtherDoku
from payouts.doku.signer import KmsClient
from payouts.runtime import aws
from payouts.store.table import Table
from payouts.store.tokens import TokenStore
from tools.deployment import Target

_VARIABLES = {"DokuBaseUrl": BASE_URL, **SETTINGS}


class Secrets(Protocol):
    """What a secret is read from: a Secrets Manager client, or a file that behaves like one."""

    def get_secret_value(self, *, SecretId: str, VersionStage: str = ...) -> Mapping[str, Any]:  # noqa: N803
        """The secret, at `SecretString`."""


@dataclass(frozen=True)
class FileSecret:
    """A secret from a file in the place of Secrets Manager."""

    text: str = field(repr=False)

    def get_secret_value(self, *, SecretId: str, VersionStage: str = "") -> Mapping[str, Any]:  # noqa: N803
        """The text, whatever is asked for."""
        return {"ARN": "file", "SecretString": self.text}


@dataclass(frozen=True)
class SetUp:
    """All that the checks need. `tokens`, `table`, `api_url` and `issuer` are None where nothing is deployed.

    A local run has no issuer either: its tokens are checked with the key at hand.
    """

    name: str
    environment: Mapping[str, str]
    """As the functions have it: DOKU_BASE_URL, DOKU_PATH_PREFIX ..., where set."""
    secrets: Secrets
    tokens: TokenStore | None = None
    table: Table | None = None
    api_url: str | None = None
    issuer: str | None = None
    secret_file: bool = False
    kms: Callable[[], KmsClient] = aws.kms


def of_file(doku: OtherDoku, environment: Mapping[str, str] = os.environ) -> SetUp:
    """Credentials from a file and settings from the environment; nothing is deployed."""
    known = {name: environment[name] for name in _VARIABLES.values() if environment.get(name)}
    settings = known | {"DOKU_BASE_URL": doku.base_url, "DOKU_SECRET_ID": "file"}
    return SetUp(doku.base_url, settings, FileSecret(doku.secret), secret_file=True)


def of_target(target: Target) -> SetUp:
    """A deployment, or the local run."""
    settings = {_VARIABLES[name]: value for name, value in target.parameters.items() if name in _VARIABLES}
    table = target.table()
    return SetUp(
        name=target.name,
        environment=settings | {"DOKU_SECRET_ID": target.outputs["SecretId"]},
        secrets=target.client("secretsmanager"),
        tokens=TokenStore(table),
        table=table,
        api_url=target.outputs["ApiUrl"],
        issuer=None if target.is_local else target.parameters.get("JwtIssuer"),
        kms=lambda: cast("KmsClient", target.client("kms")),
    )
