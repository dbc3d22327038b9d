"""The authority timeline on the page of a run: drawn and told, at every length of life."""

import datetime
import re
from types import SimpleNamespace

import pytest

from console.timeline.draw import MOST_STEP_ROWS, draw
from console.timeline.scale import MOST_BANDS, scale_of
from console.timeline.table import MOST_ROWS, table_of
from executions import commands
from executions.queries.life import Band, Line, Span, Stretch, Timeline
from tests.domain import story
from tests.pages.test_execution_page import ATTACK, part, said, see

BEGAN = datetime.datetime(2026, 3, 1, 14, 0, tzinfo=datetime.UTC)
WEEK = 7 * 86400


def at(seconds: float) -> datetime.datetime:
    return BEGAN + datetime.timedelta(seconds=seconds)


def bands(*lengths: tuple[str, float]) -> list[Band]:
    found, now = [], 0.0
    for number, (state, seconds) in enumerate(lengths, start=1):
        found.append(Band(state, at(now), at(now + seconds), number))
        now += seconds
    return found


def life(*lengths: tuple[str, float], **more) -> Timeline:
    found = bands(*lengths)
    return Timeline(BEGAN, found[-1].until, True, found, **more)


def title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def widths(*lengths: tuple[str, float]) -> list[tuple[float, bool]]:
    return [(piece.width, piece.broken) for piece in scale_of(bands(*lengths)).pieces]


def test_a_short_life_is_drawn_to_scale():
    assert [width for width, _ in widths(("queued", 1), ("processing", 2), ("paused", 1))] == [25, 50, 25]


def test_a_wait_of_weeks_is_shortened_so_that_the_work_is_seen_and_marked_as_broken():
    queued, worked, paused = widths(("queued", 1), ("processing", 10), ("paused", 3 * WEEK))

    assert worked[0] > 25
    assert paused[1]
    assert not queued[1]
    assert sum(width for width, _ in (queued, worked, paused)) == pytest.approx(100)


def test_of_waits_that_are_shortened_the_longer_still_looks_longer():
    day, _, week = widths(("paused", 86400), ("processing", 5), ("suspended", WEEK))

    assert day[1]
    assert week[1]
    assert week[0] > day[0]


def test_what_would_be_too_narrow_to_see_is_widened():
    narrow = widths(("queued", 0.001), ("processing", 1000), ("pausing", 0.001), ("processing", 1000))

    assert narrow[0][0] == pytest.approx(narrow[2][0]) == pytest.approx(1.2)


def test_hundreds_of_states_are_drawn_together():
    pieces = scale_of(bands(*[("processing", 60), ("queued", 60)] * 500)).pieces

    assert len(pieces) <= 2 * 100 / 1.5
    assert len(pieces) > MOST_BANDS / 2
    assert all(len(piece.bands) > 1 for piece in pieces)
    assert pieces[-1].right == pytest.approx(100)


def test_a_life_that_has_only_waited_needs_no_breaks():
    assert all(not broken for _, broken in widths(("queued", 5), ("paused", WEEK)))


def test_acts_close_together_share_a_marker_and_each_is_named_in_it():
    acts = [
        Line(number, at(10 + number / 1000), "hold.noted", f"person {number}", "", "console", "", {})
        for number in (1, 2)
    ]
    refused = Line(3, at(90), "command.denied", "auditor", "", "api", "You may not.", {"command": "cancel"})

    drawn = draw(life(("processing", 100), acts=[*acts, refused]), [], title)

    together, alone = drawn.rows[0].markers
    assert together.count == 2
    assert "person 1" in together.says
    assert "person 2" in together.says
    assert (alone.tone, alone.says) == ("bad", "auditor was refused: cancel: You may not.")
    assert alone.href == "?before=4#event-3"


def test_hundreds_of_steps_are_drawn_in_groups():
    stretches = [Stretch(f"s{number}", number, at(number), number, at(number + 1), "finished") for number in range(300)]

    rows = [row for row in draw(life(("processing", 300), stretches=stretches), [], title).rows if row.kind == "step"]

    assert len(rows) == MOST_STEP_ROWS
    assert rows[0].name == "Steps 1–25"
    assert rows[0].note == "25 s"


def test_more_holds_than_there_are_lanes_are_counted():
    holds = [Span(str(n), "operator", at(0), n, "reviewer", "Totals differ") for n in range(9)]

    rows = [row for row in draw(life(("paused", 60), holds=holds), [], title).rows if row.kind == "lane"]

    assert rows[-1].note == "and 5 more"


def test_the_table_tells_everything_in_order_and_says_what_it_leaves_out():
    acts = [Line(n, at(n), "hold.noted", "reviewer", "", "console", "", {}) for n in range(MOST_ROWS)]

    rows, older = table_of(life(("paused", MOST_ROWS), acts=acts), title)

    assert older == 1
    assert [row.at for row in rows] == sorted(row.at for row in rows)


def test_the_page_tells_who_held_the_run_and_who_let_it_go_on(db, cast):
    run = story.launch(cast, "noop")
    commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")
    commands.resume(cast.actor("operator"), run.pk, note="Corrected")
    run = story.work(run)

    drawn = part(see(cast, "auditor", run), "timeline")

    words = said(drawn)
    assert "Paused by reviewer for" in words
    assert "reviewer: Totals differ (released by operator)" in words
    assert "operator resumed it: Corrected" in words
    table = said(drawn[drawn.index("<table") :])
    for row in ("Paused it reviewer Totals differ", "Resumed it operator Corrected", "step 0: finished"):
        assert row in re.sub(r"(ago|now), [\d:]+ UTC ", "", table), table
    assert "data-open" not in drawn


def test_a_run_that_goes_on_has_an_open_end(db, cast):
    drawn = part(see(cast, "operator", story.launch(cast, "noop")), "timeline")

    assert ">now<" in drawn
    assert "data-open" in drawn


def test_nothing_that_people_type_is_markup_in_it(db, cast):
    run = story.launch(cast, "noop", title=ATTACK)
    commands.pause(cast.actor("reviewer"), run.pk, reason=ATTACK)

    drawn = part(see(cast, "operator", run), "timeline")

    assert "<script" not in drawn
    assert "<img" not in drawn


def test_every_state_is_told_apart_by_its_pattern(db, cast):
    drawn = part(see(cast, "operator", story.launch(cast, "noop")), "timeline")

    patterns = re.findall(r'<pattern id="life-(\w+)".*?>(.*?)</pattern>', drawn)
    assert {"queued", "processing", "pausing", "paused", "suspended", "frozen", "cancelling"} <= {
        name for name, _ in patterns
    }
    assert len({shape for _, shape in patterns}) == len(patterns)


def test_a_freeze_has_a_lane(db):
    freeze = SimpleNamespace(placed_by_name="reviewer", reason="Stock", placed_at=at(5), lifted_at=None, is_open=True)

    (lane,) = [row for row in draw(life(("queued", 10)), [freeze], title).rows if row.kind == "lane"]

    assert lane.shapes[0].kind == "freeze"
    assert lane.shapes[0].x == "50.00%"
