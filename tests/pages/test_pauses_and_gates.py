"""Pauses, gates and tool calls on the pages: drawn in the route, shown with what they are about, answered by forms."""

import html
import json
import re

import pytest

from executions import Workflow, commands
from executions.authoring import registry
from tests.domain import story

pytestmark = pytest.mark.django_db


@pytest.fixture
def flow(monkeypatch):
    monkeypatch.setattr(registry, "_workflows", dict(registry._workflows))
    flow = Workflow("flow")
    flow.route("draft", Workflow.pause("look", title="Look at it"), "pay")

    @flow.step
    def draft(ctx, payload):
        return {"amount": 120}

    @flow.step(approval=True, title="Pay it")
    def pay(ctx, payload):
        return {"paid": payload["amount"]}

    return flow


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def page(cast, run, person: str = "reviewer") -> str:
    response = cast.client(person).get(f"/executions/{run.pk}")
    assert response.status_code == 200
    return response.content.decode()


def part(text: str, name: str) -> str:
    return re.search(rf'<section id="run-{name}".*?</section>', text, re.DOTALL)[0]


def answer(cast, run, **fields):
    """Send the form of the open question as it stands, with fields filled in, and be the worker again."""
    asked = run.suspensions.get(closed_at=None)
    sent = {f"answer-{name}": value for name, value in fields.items()} | {"context_digest": asked.context_digest}
    response = cast.client("reviewer").post(f"/executions/{run.pk}/questions/{asked.pk}", sent)
    assert response.status_code in (302, 303), words(response.content.decode())
    return story.work(run)


def test_the_launch_page_draws_the_route_in_order_with_what_waits_for_people(cast):
    offered = words(cast.client("operator").get("/workflows").content.decode())
    assert "Draft Review the draft waits for a person Publish" in offered
    assert "Draft may go to Review the draft" in offered
    assert "Review the draft waits for a person, if a step asks" in offered
    assert "Sum up Order repairs needs approval" in offered
    one = words(cast.client("operator").get("/launch/report-review").content.decode())
    assert "Draft Review the draft waits for a person Publish" in one


def test_the_steps_say_where_people_are_waited_for_and_who_has_answered(cast, flow):
    run = story.launch(cast, "flow", {})
    before = words(part(page(cast, run), "steps"))
    assert "Look at it : ahead Stop before Waits for a person Needs approval Pay it" in before
    story.work(run)
    assert "Look at it next : next Waits for an answer Needs approval" in words(part(page(cast, run), "steps"))
    answer(cast, run)
    answer(cast, run, decision="approve", changes='{"amount": 90}')
    after = words(part(page(cast, run), "steps"))
    assert "Answered by reviewer." in after
    assert "Approved by reviewer, with changes to its input." in after
    assert "Needs approval" not in after


def test_a_bare_pause_shows_what_there_is_and_has_one_button(cast, flow):
    run = story.work(story.launch(cast, "flow", {"invoice": "R-7"}))
    question = part(page(cast, run), "questions")
    assert "What there is so far" in words(question)
    assert '<span class="key">invoice</span>' in question
    assert re.findall(r"<button[^>]*>([^<]*)</button>", question) == ["Continue"]
    assert 'name="answer-' not in question
    assert answer(cast, run).steps_done == 2


def test_a_gate_shows_the_exact_input_and_takes_changes(cast, flow):
    run = answer(cast, story.work(story.launch(cast, "flow", {})))
    question = part(page(cast, run), "questions")
    assert "The input that Pay it would get now" in words(question)
    assert '<span class="key">amount</span><span data-type="number">120</span>' in question
    assert re.search(r'<textarea name="answer-changes"[^>]*>\s*</textarea>', question), "nothing is typed into it yet"
    assert answer(cast, run, decision="approve", changes='{"amount": 90}').payload["paid"] == 90


def test_a_gate_that_no_run_will_come_to_is_not_drawn(cast):
    run = story.launch(cast, "fleet-audit", {"sites": ["osaka"]})
    commands.cancel(cast.actor("operator"), run.pk, reason="Only looking")
    assert "Needs approval" not in words(part(page(cast, run), "steps"))


def test_a_tool_call_shows_tool_and_arguments_and_has_them_ready_to_be_changed(cast):
    run = story.work(story.launch(cast, "release-agent", {"request": "Deploy 4.2.0"}))
    question = part(page(cast, run), "questions")
    assert "Tool deploy What it does Deploy a release to an environment. Users of production see it at once." in words(
        question
    )
    typed = re.search(r'<textarea name="answer-arguments"[^>]*>(.*?)</textarea>', question, re.DOTALL)[1]
    arguments = json.loads(html.unescape(typed))
    assert arguments == {"release": "4.2.0", "environment": "production"}
    answer(cast, run, decision="approve", arguments=json.dumps({**arguments, "release": "4.1.9"}))
    assert story.fresh(run).payload["outcome"] == "4.1.9 runs on production."
