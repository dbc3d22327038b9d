"""Programs that use the API, for stories told from outside."""

from tests.api.conftest import program  # noqa: F401  (a fixture)
