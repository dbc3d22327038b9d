"""Every test of security may sign people in by a provider."""

from tests.security.by_provider import provider  # noqa: F401  (a fixture)
