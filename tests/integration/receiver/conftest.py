"""The receiver's tests rotate the secret."""

from collections.abc import Iterator

import pytest

from local.in_process.backing_services import BackingServices
from tests.support.harness import World


@pytest.fixture(autouse=True)
def unrotated(backing_services: BackingServices, world: World) -> Iterator[None]:
    """The secret's previous version is no other test's, before and after."""

    def put() -> None:
        backing_services.aws.secretsmanager.put_secret_value(
            SecretId=backing_services.secret_id, SecretString=backing_services.secret
        )

    put()
    yield
    put()
    put()
