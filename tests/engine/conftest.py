"""Every test of the engine may run workflows that note their effects."""

import pytest

from tests.effects import effects_table  # noqa: F401  (a fixture)


@pytest.fixture(autouse=True)
def _effects(effects_table):  # noqa: F811
    return effects_table
