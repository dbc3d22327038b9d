"""What is compared on a page is bounded, whatever was sent to be compared."""

import random
import time

import pytest

from console.file_diff import MOST_WORK, compare, work
from console.json_diff import MOST_PAIRS, diff
from executions.models import RunFile

SECONDS = 10
"""Generous: without the bounds these take minutes."""
CHANCE = random.Random(4)


def some(symbols: int, length: int) -> list[int]:
    return [CHANCE.randrange(symbols) for _ in range(length)]


def version(lines: list[str]) -> RunFile:
    content = "\n".join(lines).encode()
    return RunFile(content=content, size=len(content))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({str(n): some(2, 200) for n in range(300)}, {str(n): some(2, 200) for n in range(300)}),
        ([[1, 2] * 100] * 300, [[1] * 200] * 300),
        ([some(3, 30_000)], [some(3, 30_000)]),
    ],
    ids=["many lists", "lists in a list", "one long list"],
)
def test_no_payload_takes_long_to_compare(before, after):
    begun = time.process_time()
    found = diff(before, after)
    assert time.process_time() - begun < SECONDS
    assert found.changes


def test_what_was_put_into_a_list_of_usual_length_is_still_found():
    before = list(range(190))
    assert len(before) * (len(before) + 1) <= MOST_PAIRS
    (change,) = diff(before, [*before[:50], "new", *before[50:]]).changes
    assert (change.kind, change.path) == ("added", "/50")


@pytest.mark.parametrize("symbols", [2, 110, 40_000])
def test_no_file_takes_long_to_compare(symbols):
    begun = time.process_time()
    found = compare(*(version([chr(0x100 + n % 0x5000) for n in some(symbols, 60_000)]) for _ in range(2)))
    assert time.process_time() - begun < SECONDS
    assert bool(found.trouble) != bool(found.lines)


def test_a_line_that_looks_like_the_head_of_a_comparison_is_told():
    found = compare(version(["-- total", "one"]), version(["++ total", "one"]))
    assert [line.text for line in found.lines] == ["@@ -1,2 +1,2 @@", "--- total", "+++ total", " one"]
    (change,) = diff({"sql": "-- one\n" + "x" * 200}, {"sql": "++ one\n" + "x" * 200}).changes
    assert change.lines[:2] == [("removed", "-- one"), ("added", "++ one")]


def test_every_second_line_of_a_usual_file_may_have_changed():
    before = [f"line {n}" for n in range(3000)]
    after = [line if n % 2 else f"{line} changed" for n, line in enumerate(before)]
    assert work(before, after) <= MOST_WORK
    found = compare(version(before), version(after))
    assert not found.trouble
    assert found.count("added") == 1500
