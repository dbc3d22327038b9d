"""What the list costs on a cold cache: how many bytes, and from where."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import find

from executions import commands

pytestmark = pytest.mark.django_db
MOST_BYTES = 250 * 1024
LOADS = re.compile(r'<(?:link|script|img|source)\b[^>]*?(?:href|src)="([^"]+)"')
NAMED_IN_CSS = re.compile(r"url\(|@import")


def test_the_first_load_of_a_full_list_is_small_and_all_of_it_comes_from_here(cast):
    for number in range(50):
        run = commands.launch(
            cast.actor("operator"),
            "noop",
            {},
            title=f"Invoices of customer {number}, second half of the month",
            labels={"region": f"north-{number}", "desk": "finance", "period": "2026-Q3"},
        )
        commands.pause(
            cast.actor("reviewer"), run.pk, reason=f"Totals of order {number} differ from what was delivered. " * 4
        )

    answer = cast.client("admin").get("/executions", headers={"Accept-Encoding": "gzip"})
    page = gzip.decompress(answer.content) if answer.headers.get("Content-Encoding") == "gzip" else answer.content
    named = LOADS.findall(page.decode())
    files = [Path(find(address.removeprefix("/static/"))) for address in named if address.startswith("/static/")]

    assert page.count(b"data-row") == 51
    assert [address for address in named if not address.startswith(("/static/", "/executions"))] == []
    assert not [file.name for file in files if file.suffix == ".css" and NAMED_IN_CSS.search(file.read_text())]
    # As they are served: compressed when they were collected.
    over_the_wire = len(answer.content) + sum(len(gzip.compress(file.read_bytes())) for file in files)
    assert over_the_wire <= MOST_BYTES, (over_the_wire, len(answer.content), len(files))
