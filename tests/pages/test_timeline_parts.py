"""The timeline zoomed, and the runs beside it: children and forks in lanes."""

import datetime
import re
import uuid

import pytest

from console.timeline.draw import draw
from console.timeline.kin import EACH
from console.timeline.window import Window, named_ways, near_ways, read_window
from executions import commands
from executions.queries.life import Line, Span, Timeline
from executions.queries.tree import Kin, kin_of
from tests.domain import story
from tests.pages.test_execution_page import part, said, see
from tests.pages.test_timeline import BEGAN, at, bands, title

HOUR = 3600


def life(*lengths: tuple[str, float], ended: bool = True, **more) -> Timeline:
    found = bands(*lengths)
    return Timeline(BEGAN, found[-1].until, ended, found, **more)


def ways(drawn: Timeline, window: Window | None) -> dict[str, str]:
    return {way.name: way.text for way in [*named_ways(drawn, window), *near_ways(drawn, window)] if way.possible}


def milliseconds(seconds: float) -> int:
    return int(at(seconds).timestamp() * 1000)


def test_a_part_of_a_life_is_drawn_true_to_time_and_without_what_lies_outside():
    acts = [
        Line(number, at(moment), "hold.noted", "reviewer", "", "console", "", {})
        for number, moment in ((1, 5), (2, 9000))
    ]
    holds = [
        Span("a", "operator", at(10), 3, "reviewer", "over before", until=at(20)),
        Span("b", "operator", at(30), 4, "reviewer", "still there"),
    ]
    whole = life(("processing", 60), ("paused", 9 * HOUR), ("processing", 60), acts=acts, holds=holds)

    drawn = draw(whole, [], title, window=Window(at(8000), at(10000)))

    assert [shape.kind for shape in drawn.bar.shapes] == ["paused"]
    assert [row.shapes[0].says for row in drawn.rows if row.kind == "lane"] == ["reviewer: still there (open)"]
    (marker,) = drawn.rows[0].markers
    assert marker.x == "50.00%"
    assert (drawn.ticks[0].text, drawn.ticks[-1].text, drawn.open) == ("16:13:20", "16:46:40", False)
    assert drawn.totals == [("paused", "9 h"), ("worked", "2 min")], "what it took in all"


def test_ways_lead_to_shorter_longer_earlier_and_later_parts_and_stop_at_the_edges():
    whole = life(("paused", 8 * HOUR))
    assert set(ways(whole, None)) == {"whole", "hour", "now", "in"}
    assert ways(whole, None)["in"] == f"{milliseconds(2 * HOUR)}-{milliseconds(6 * HOUR)}"
    middle = read_window(ways(whole, None)["in"], whole)
    assert (middle.since, middle.until) == (at(2 * HOUR), at(6 * HOUR))
    assert ways(whole, middle)["later"] == f"{milliseconds(4 * HOUR)}-{milliseconds(8 * HOUR)}"
    assert ways(whole, middle)["earlier"] == f"{milliseconds(0)}-{milliseconds(4 * HOUR)}"
    assert ways(whole, middle)["out"] == "", "all of it again"
    assert "later" not in ways(whole, read_window("hour", whole))


def test_of_a_run_that_goes_on_one_zooms_into_what_happens_now():
    going = life(("paused", 8 * HOUR), ended=False)
    assert ways(going, None)["in"] == f"{milliseconds(4 * HOUR)}-{milliseconds(8 * HOUR)}"
    assert draw(going, [], title, window=read_window("hour", going)).ticks[-1].text == "now"


@pytest.mark.parametrize("text", ["", "none", "1", "1-", "-1", "5-5x", "²-³", "9" * 15 + "-1", "0-99999999999999"])
def test_what_names_no_part_shows_the_whole(text):
    assert read_window(text, life(("paused", 60))) is None


def test_a_part_turned_around_or_far_away_is_no_error():
    whole = life(("paused", 8 * HOUR))
    for text in (
        f"{milliseconds(100)}-{milliseconds(50)}",
        "0-1",
        f"{milliseconds(99 * HOUR)}-{milliseconds(100 * HOUR)}",
    ):
        window = read_window(text, whole)
        assert window is None or (whole.since <= window.since < window.until <= whole.until)


def kin(number: int, state: str = "succeeded", *, parent: uuid.UUID | None = None) -> Kin:
    until = None if state == "suspended" else at(20 + number)
    return Kin(uuid.UUID(int=number), f"site {number}", state, at(10), until, parent)


def test_children_and_forks_have_lanes_and_many_share_one():
    parent = uuid.UUID(int=99)
    few = [kin(1, "suspended", parent=parent), kin(2)]
    lanes = [row for row in draw(life(("paused", 100)), [], title, kin=few).rows if row.kind == "kin"]
    assert [row.name for row in lanes] == ["↳ site 1", "Fork site 2"]
    assert lanes[0].shapes[0].href == f"/executions/{uuid.UUID(int=1)}"
    assert (lanes[0].shapes[0].x, lanes[0].shapes[0].width, lanes[0].shapes[0].open) == ("10.00%", "90.00%", True)

    many = [kin(n, "failed" if n == 3 else "succeeded", parent=parent) for n in range(EACH + 2)]
    (together,) = [row for row in draw(life(("paused", 100)), [], title, kin=many).rows if row.kind == "kin"]
    assert (together.name, together.shapes[0].kind) == ("8 children", "failed")
    assert together.shapes[0].says == "7 succeeded, 1 failed"
    assert together.shapes[0].href == f"/executions?parent={parent}"
    assert (
        len([row for row in draw(life(("paused", 100)), [], title, kin=many, each=True).rows if row.kind == "kin"]) == 8
    )


def test_the_page_draws_the_part_its_address_names_and_the_runs_beside_it(db, cast):
    run = story.work(story.launch(cast, "fleet-audit", {"sites": "\n".join(f"s{n}" for n in range(EACH + 1))}))
    found, more = kin_of(run)
    assert (sorted(each.name for each in found), more) == ([f"s{n}" for n in range(EACH + 1)], False)

    drawn = part(see(cast, "operator", run), "timeline")
    assert "7 children" in said(drawn)
    assert "Child s3: " in said(drawn), "each is in the table"
    each = part(see(cast, "operator", run, query="?kin=each"), "timeline")
    assert said(each).count("↳ s") == EACH + 1
    assert '<input type="hidden" name="kin" value="each">' in each
    near = part(see(cast, "operator", run, query="?life=0-1&text=x"), "timeline")
    assert re.search(r'href="\?text=x&amp;life=\d+-\d+&?[^"]*#run-timeline"|href="\?text=x#run-timeline"', near)


def test_a_fork_is_drawn_beside_the_run_it_came_from(db, cast):
    run = story.launch(cast, "noop")
    fork = commands.fork(cast.actor("operator"), run.pk, reason="Once more", title="Second try")
    drawn = part(see(cast, "operator", run), "timeline")
    assert f'href="/executions/{fork.pk}"' in drawn
    assert "Fork Second try: queued" in said(drawn)
    assert isinstance(kin_of(run)[0][0].since, datetime.datetime)
