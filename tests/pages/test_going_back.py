"""Retry from a step, skip, fork, hand-over and the list of holds, as pages without a script."""

import datetime
import re

import pytest
from django.utils import timezone

from executions import commands
from executions.models import Execution
from tests.domain import story
from tests.effects import effects_table  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(cast, effects_table):  # noqa: F811
    """A run that waits at the border: two legs are done."""
    return story.work(story.launch(cast, "journey", {"load": "tea"}))


def show(cast, who, run):
    response = cast.client(who).get(f"/executions/{run.pk}")
    assert response.status_code == 200
    return response.content.decode()


def post(cast, who, run, command, form):
    return cast.client(who).post(f"/executions/{run.pk}/{command}", form)


def options(html, field):
    select = re.search(rf'<select name="{field}".*?</select>', html, re.S)
    assert select, field
    return re.findall(r'<option value="([^"]*)"[^>]*>\s*([^<]*?)\s*</option>', select.group(0))


def test_the_form_offers_the_steps_that_the_run_has_come_to(cast, run):
    html = show(cast, "operator", run)
    offered = options(html, "place")
    assert [value for value, _ in offered] == ["2", "1", "0"]
    assert offered[0][1] == "border, from its beginning"
    assert re.fullmatch(r"2\. east, finished \d+ \w+ \d\d:\d\d UTC", offered[1][1])
    assert "Does again what these steps have recorded" in html


def test_a_run_is_sent_back(cast, run):
    version = story.fresh(run).version
    form = {"place": "1", "again": "on", "reason": "wrong load", "version": version}
    response = post(cast, "operator", run, "retry", form)
    assert (response.status_code, response["Location"]) == (303, f"/executions/{run.pk}")
    now = story.fresh(run)
    assert (now.state, now.steps_done, now.passes) == ("queued", 1, [1])
    assert f'action="/executions/{run.pk}/retry"' not in show(cast, "operator", run)  # nothing is at rest now
    assert "at east, all of it again" in show(cast, "operator", run)


def test_what_was_typed_is_kept_and_why_it_was_refused_is_said(cast, run):
    response = post(cast, "operator", run, "retry", {"place": "1", "again": "on", "reason": " "})
    html = response.content.decode()
    assert response.status_code == 422
    assert '<option value="1" selected>' in html
    assert re.search(r'<input[^>]*name="again"[^>]*checked', html)
    assert "Say why." in html
    response = post(cast, "operator", run, "retry", {"place": "1", "reason": "mine", "version": "0"})
    assert response.status_code == 412
    assert "The run has changed since you looked" in response.content.decode()
    assert ">mine</textarea>" in response.content.decode().replace("\n", "")
    for odd in ("7", "x", "-1"):
        assert post(cast, "operator", run, "retry", {"place": odd, "reason": "x"}).status_code == 422
    assert story.fresh(run).steps_done == 2
    assert [line.kind for line in story.events(run)[-5:]] == ["command.denied"] * 5


def test_a_failed_run_is_retried_where_it_failed_or_before(cast, effects_table):  # noqa: F811
    run = story.work(story.launch(cast, "failing"))
    html = show(cast, "operator", run)
    assert options(html, "place") == [("", "trouble, where it failed")]
    assert post(cast, "operator", run, "retry", {"reason": "fixed"}).status_code == 303
    assert story.fresh(run).state == "queued"


def test_a_step_is_skipped_with_a_stated_result(cast, run):
    assert 'name="step" value="border"' in show(cast, "operator", run)
    form = {"step": "border", "result": '{"stamp": "waived"}', "reason": "closed"}
    assert post(cast, "operator", run, "skip", form).status_code == 403
    assert post(cast, "admin", run, "skip", form).status_code == 303
    assert story.fresh(run).payload["stamp"] == "waived"
    html = show(cast, "operator", run)
    assert "Skipped: it did not run." in html


def test_a_result_that_is_no_json_is_kept_and_another_step_is_not_skipped(cast, run):
    response = post(cast, "operator", run, "skip", {"step": "border", "result": "{oops", "reason": "closed"})
    assert response.status_code == 422
    assert "Not JSON" in response.content.decode()
    assert "{oops" in response.content.decode()
    response = post(cast, "operator", run, "skip", {"step": "east", "reason": "closed"})
    assert response.status_code == 412
    assert "border is" in response.content.decode()
    assert story.fresh(run).steps_done == 2
    assert [story.data_of(line)["command"] for line in story.events(run) if line.kind == "command.denied"] == [
        "skip"
    ] * 2


def test_a_fork_is_launched_and_shown(cast, run):
    offered = options(show(cast, "operator", run), "from_seq")
    assert offered[0] == ("", "As it stands now")
    assert [text.partition(",")[0] for _, text in offered[1:]] == [
        "After east finished",
        "After north finished",
        "The launch",
    ]
    form = {"from_seq": offered[2][0], "title": "Another way", "reason": "what if"}
    response = post(cast, "operator", run, "fork", form)
    fork = Execution.objects.get(forked_from=run)
    assert (response.status_code, response["Location"]) == (303, f"/executions/{fork.pk}")
    assert (fork.title, fork.ahead[0]) == ("Another way", "east")
    html = show(cast, "operator", fork)
    assert f'/executions/{run.pk}#event-{offered[2][0]}"' in html
    assert "Forked" in show(cast, "operator", run)
    assert post(cast, "operator", run, "fork", {"reason": ""}).status_code == 422


def test_those_who_may_not_are_told_why(cast, run):
    html = show(cast, "reviewer", run)
    needed = "needs the scope executions:control, which operators and admins have."
    assert re.search(rf"Send back</span>, .*Fork</span>: {re.escape(needed)}", html)
    for command in ("retry", "skip", "fork"):
        assert post(cast, "reviewer", run, command, {"reason": "x", "place": "0"}).status_code == 403
        assert cast.client("operator").get(f"/executions/{run.pk}/{command}").status_code == 405


def test_a_hold_is_placed_under_dual_control_handed_over_and_released_by_another(cast, run):
    assert post(cast, "reviewer", run, "place", {"reason": "large sum", "dual_control": "on"}).status_code == 303
    hold = run.holds.get()
    html = show(cast, "reviewer", run)
    assert "a reviewer other than reviewer can lift it" in html
    response = post(cast, "reviewer", run, f"holds/{hold.pk}/hand-over", {"to": "nobody", "reason": "on leave"})
    assert response.status_code == 422
    assert "no active user called" in response.content.decode()
    assert "on leave" in response.content.decode()
    form = {"to": "reviewer2", "reason": "on leave"}
    assert post(cast, "reviewer", run, f"holds/{hold.pk}/hand-over", form).status_code == 303
    assert "reviewer2 is responsible" in show(cast, "reviewer", run)
    assert post(cast, "reviewer", run, f"holds/{hold.pk}/release", {"reason": "x"}).status_code == 403
    assert post(cast, "reviewer2", run, f"holds/{hold.pk}/release", {"reason": "checked"}).status_code == 303


def test_the_list_of_holds_shows_whose_they_are_and_what_is_overdue(cast, run):
    reviewer = cast.actor("reviewer")
    soon = timezone.now() + datetime.timedelta(hours=1)
    commands.place(reviewer, run.pk, reason="Looks odd", review_by=soon, dual_control=True)
    story.let_pass(run, 7200)
    other = story.launch(cast)
    commands.pause(cast.actor("operator"), other.pk, reason="Lunch")
    gone = story.launch(cast)
    commands.pause(cast.actor("operator"), gone.pk, reason="Forgotten")
    commands.cancel(cast.actor("operator"), gone.pk, reason="x")
    client = cast.client("auditor")

    def shown(query=""):
        return client.get(f"/holds{query}").content.decode()

    html = shown()
    assert "Looks odd" in html
    assert "Lunch" in html
    assert "Forgotten" not in html
    assert html.count("data-overdue") == 1
    assert "Lunch" not in shown("?overdue=1")
    assert "Looks odd" not in shown("?kind=operator")
    assert "Looks odd" in shown("?responsible=reviewer&kind=compliance")
    assert "Nothing matches this filter" in shown("?responsible=nobody")
    assert client.get("/holds?cursor=odd").status_code == 422
    assert cast.client("outsider").get("/holds").status_code == 403
