"""What docs/reference says of routes, events and metrics is what the code says."""

import pytest

from scripts.reference import PAGES, REFERENCE


@pytest.mark.parametrize("page", PAGES)
def test_a_page_made_from_the_code_is_up_to_date(page):
    assert (REFERENCE / page).read_text() == PAGES[page](), f"{page} is old: run python -m scripts.reference"


def test_every_route_and_every_document_is_told():
    told = PAGES["routes.md"]()
    assert told.count("\n### `") > 80
    targets = {part.partition(")")[0] for part in told.split("](#")[1:]}
    headings = {line[4:].lower() for line in told.splitlines() if line.startswith("### ")}
    assert targets <= headings
