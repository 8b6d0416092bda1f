"""The deployment that the template's promises are tried on is that of the integration tests."""

from tests.integration.conftest import surroundings, world

__all__ = ["surroundings", "world"]
