"""Every test of acceptance may run workflows that note their effects."""

import pytest

from tests.acceptance.outside import Outside, Shift
from tests.effects import effects_table  # noqa: F401  (a fixture)


@pytest.fixture(autouse=True)
def _effects(effects_table):  # noqa: F811
    return effects_table


@pytest.fixture
def reviewer(cast):
    return Outside(cast, "reviewer")


@pytest.fixture
def operator(cast):
    return Outside(cast, "operator")


@pytest.fixture
def shift(workers):
    return Shift(workers)
