"""The receiver's tests rotate the secret."""

from collections.abc import Iterator

import pytest

from tests.harness import World
from tests.surroundings import Surroundings


@pytest.fixture(autouse=True)
def unrotated(surroundings: Surroundings, world: World) -> Iterator[None]:
    """The secret's previous version is no other test's, before and after."""

    def put() -> None:
        surroundings.aws.secretsmanager.put_secret_value(
            SecretId=surroundings.secret_id, SecretString=surroundings.secret
        )

    put()
    yield
    put()
    put()
