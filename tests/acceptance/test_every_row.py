"""Each behaviour promised by the five systems has a test that names it."""

import re
from pathlib import Path

ROWS = {"h": 13, "f": 12, "a": 11, "p": 10, "s": 9}
"""Rows of each list; an id is the list's letter and the row's number."""


def test_every_row_is_named_by_a_test_from_outside():
    names = [
        name
        for folder in ("acceptance", "api", "browser", "client", "engine", "pages", "workflows")
        for file in (Path(__file__).parents[1] / folder).glob("test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text())
    ]
    named = {part for name in names for part in name.split("_")}
    assert {f"{letter}{row}" for letter, most in ROWS.items() for row in range(1, most + 1)} - named == set()
