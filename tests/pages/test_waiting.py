"""Resume conditions on the page of a run: set with the pause, shown with the hold, and what a wait of the code says."""

import datetime

import pytest
from django.utils import timezone

from executions import commands
from executions.commands.condition import resume_token
from executions.commands.trigger import TIMER, fire
from tests.domain import story
from tests.effects import effects_table  # noqa: F401
from tests.pages.test_execution_commands import HTMX, post
from tests.pages.test_execution_page import ATTACK, part, said, see

pytestmark = pytest.mark.usefixtures("db", "effects_table")


def tomorrow():
    return (timezone.now() + datetime.timedelta(days=1)).replace(second=0, microsecond=0)


def test_a_pause_takes_a_time_and_an_event_in_plain_fields(cast):
    run, due = story.launch(cast), tomorrow()
    typed = {
        "reason": "wait for the supplier",
        "resume_at": f"{due:%Y-%m-%dT%H:%M}",
        "resume_event": "order.shipped",
        "resume_match": '{"order": 7}',
    }
    assert post(cast, "operator", run, "pause", typed).status_code == 303
    time, event = run.holds.get().conditions.order_by("id")
    assert (time.kind, time.due_at) == ("time", due)
    assert (event.kind, event.event_name, event.match) == ("event", "order.shipped", {"order": 7})
    holds = said(part(see(cast, "operator", run), "holds"))
    assert 'Resumes by itself: event order.shipped with {"order":7}' in holds
    assert "Resumes by itself: tomorrow" in holds or "Resumes by itself: in " in holds


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"resume_at": "2020-01-01T00:00"}, "This time has passed"),
        ({"resume_at": "soon"}, "Give a date and time"),
        ({"resume_event": "two words"}, "Name the event with letters"),
        ({"resume_event": "x", "resume_match": "{"}, "Not JSON"),
        ({"resume_event": "x", "resume_match": "[]"}, "Must be a JSON object"),
        ({"resume_match": "{}"}, "Name the event whose data"),
    ],
)
def test_a_condition_that_is_none_is_refused_beside_its_field_and_what_was_typed_is_kept(typed, says, cast):
    run = story.launch(cast)
    answer = post(cast, "operator", run, "pause", {"reason": "my long reason", **typed}, **HTMX)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert says in html
    assert "my long reason" in html
    for text in typed.values():
        assert f'value="{text.replace(chr(34), "&quot;")}"' in html
    assert story.fresh(run).open_holds == 0
    assert story.kinds(run)[-1] == "command.denied"


def test_the_page_never_shows_a_token_and_says_what_came_of_conditions(cast):
    run = story.launch(cast)
    hold = commands.pause(
        cast.actor("operator"), run.pk, reason="wait", resume_when=[{"webhook": True}, {"cron": "0 9 * * 1-5"}]
    )
    token = resume_token(hold)
    html = see(cast, "admin", run)
    assert token.partition(".")[2] not in html
    assert "Resumes by itself: a call of its webhook" in said(html)
    assert "by cron 0 9 * * 1-5 (UTC)" in said(html)
    commands.fire_webhook(token, note="supplier called")
    fire(TIMER, hold.conditions.get(kind="cron").pk)
    html = said(see(cast, "admin", run))
    assert "a call of its webhook fired" in html
    assert "overtaken" in html
    for words in ("Resume condition set", "Resume condition met", "Came too late", "by webhook"):
        assert words in html, words


def test_a_sleeping_run_says_until_when_and_offers_no_answer(cast):
    run = story.work(story.launch(cast, "sleeps", {"seconds": 7200 / 120}))
    html = see(cast, "reviewer", run)
    assert "form-answer" not in html
    words = said(html)
    assert "Waits for an answer" not in words
    assert "Goes on: in " in words
    assert "This waits for a time, not for a person." in words


def test_a_waiting_run_says_for_which_event(cast):
    run = story.work(story.launch(cast, "waits-for-two-orders"))
    html = see(cast, "reviewer", run)
    assert "form-answer" not in html
    assert 'Goes on: event order.shipped with {"order":1}' in said(html)


def test_what_an_event_carries_is_shown_as_text(cast):
    run = story.work(story.launch(cast, "waits-not-for-long", {"default": False}))
    trigger = run.conditions.get()
    emission = commands.emit(cast.actor("admin"), "order.shipped", {"note": ATTACK}).emission
    fire(cast.actor("admin"), trigger.pk, data=emission.data, emission=emission)
    assert ATTACK not in see(cast, "reviewer", story.fresh(run))
