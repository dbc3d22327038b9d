"""What the page of a run shows of its SLA and budgets, and the form that extends them."""

import re

import pytest

from executions import clock, commands
from tests.domain import story
from tests.effects import effects_table  # noqa: F401

pytestmark = pytest.mark.usefixtures("db", "effects_table")


def shown(cast, run, person: str = "operator") -> str:
    """Return the page as text, white space folded."""
    html = cast.client(person).get(f"/executions/{run.pk}").content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a5_the_page_says_what_is_left_and_that_the_clock_stands(cast):
    run = story.launch(cast, "hurried", {"seconds": 0})
    story.let_pass(run, 10)
    commands.pause(cast.actor("operator"), run.pk, reason="look")
    story.let_pass(run, 7200)
    assert re.search(r"SLA (19|20) s left, clock stopped while people think", shown(cast, run))
    commands.resume(cast.actor("operator"), run.pk)
    running = shown(cast, run)
    assert re.search(r"SLA \d+(\.\d)? s left", running)
    assert "clock stopped" not in running


def test_the_page_says_that_the_sla_is_spent(cast):
    run = story.launch(cast, "hurried", {"seconds": 0})
    story.let_pass(run, 90)
    story.work(run)
    assert re.search(r"SLA spent, 1 min( \d+ s)? over, clock stopped while people think breached", shown(cast, run))


def test_the_page_shows_budgets(cast):
    run = story.work(story.launch(cast, "spending", {"amounts": [4000]}))
    text = shown(cast, run)
    assert "Tokens 4,000 of 10,000 spent" in text
    assert "Euros 0 of 2.5 spent" in text


def test_a_run_without_limits_shows_none_and_offers_no_extension(cast):
    html = cast.client("operator").get(f"/executions/{story.launch(cast).pk}").content.decode()
    assert ("<dt>SLA</dt>" in html, "/extend" in html) == (False, False)


def extend(cast, run, person: str = "operator", **fields: str):
    return cast.client(person).post(f"/executions/{run.pk}/extend", fields)


def test_a11_the_form_extends_time_and_budgets(cast):
    run = story.launch(cast, "hurried", {"seconds": 0})
    story.execute("UPDATE executions_execution SET budgets = '{\"tokens\": 10}' WHERE id = %s", [run.pk])
    html = cast.client("operator").get(f"/executions/{run.pk}").content.decode()
    assert f'action="/executions/{run.pk}/extend"' in html
    response = extend(cast, run, **{"seconds": "1.5", "budget-tokens": "1,000", "reason": "agreed"})
    assert (response.status_code, response["Location"]) == (303, f"/executions/{run.pk}")
    now = story.fresh(run)
    assert now.budgets == {"tokens": 1010}
    assert 90 < now.sla_seconds_left(clock.now()) <= 120  # 30 seconds and a minute and a half, some of them gone
    assert "by 1 min 30 s" in shown(cast, run)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"seconds": "soon", "reason": "agreed"}, "Give a number of seconds above zero."),
        ({"seconds": "-1", "reason": "agreed"}, "Give a number of seconds above zero."),
        ({"reason": "agreed"}, "Say how much more time"),
        ({"seconds": "5"}, "Say why"),
        ({"budget-fuel": "5", "reason": "agreed"}, "no budget called"),
    ],
)
def test_what_cannot_be_granted_comes_back_with_what_was_typed(cast, fields, says):
    run = story.launch(cast, "hurried", {"seconds": 0})
    response = extend(cast, run, **fields)
    assert response.status_code == 422
    html = response.content.decode()
    assert says in html
    assert all(typed in html for name, typed in fields.items() if name != "budget-fuel")
    assert story.kinds(run)[-1] == "command.denied"


def test_who_may_not_control_is_refused(cast):
    run = story.launch(cast, "hurried", {"seconds": 0})
    assert extend(cast, run, "reviewer", seconds="5", reason="agreed").status_code == 403
