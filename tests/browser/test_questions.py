"""Questions in Chromium: from the inbox to the answer, for two people who must both approve."""

import pytest
from playwright.sync_api import Page, expect

from tests.effects import effects_table  # noqa: F401  (a fixture)
from tests.engine.watching import launch, wait_for

pytestmark = pytest.mark.usefixtures("effects_table", "worker")


@pytest.fixture
def asked(cast):
    """Launch a workflow that asks, and return the run and its question."""

    def ask(workflow="questions", **payload):
        run = launch(cast, workflow, payload)
        wait_for(run, "suspended")
        return run, run.suspensions.get()

    return ask


def test_a11_from_the_inbox_to_a_yes_or_no_by_keyboard(page: Page, sign_in, asked):
    run, question = asked(format="yes-no", urgency="high", title="Go on with this one?")
    sign_in(page.context, "reviewer")
    page.goto("/inbox?workflow=questions")
    page.locator(f"#open-question-{question.pk}").click()
    expect(page.locator(f"#question-{question.pk}")).to_contain_text("high urgency")
    form = page.locator(f"#form-answer-{question.pk}")
    form.get_by_role("radio", name="No").focus()
    page.keyboard.press("Space")
    form.get_by_role("button", name="Answer").click()
    wait_for(run, "succeeded")
    question.refresh_from_db()
    assert question.answer == {"answer": False}
    expect(page.locator("#messages")).to_contain_text("Answered: Go on with this one?")


def test_h13_of_two_approvers_the_first_sees_his_vote_and_the_second_closes_it(page: Page, sign_in, asked):
    run, question = asked("signing", who={"group": "reviewer", "approvals": 2}, deadline=3600, on_deadline="cancel")
    where = page.locator(f"#question-{question.pk}")
    sign_in(page.context, "reviewer")
    page.goto(f"/executions/{run.pk}")
    expect(where).to_contain_text("2 people must approve")
    expect(where).to_contain_text("then the run is cancelled")
    where.get_by_role("radio", name="Approve").check()
    where.get_by_role("button", name="Answer").click()
    expect(where).to_contain_text("You have approved already: 1 of 2")
    expect(where).to_contain_text("1 of 2 approvals")
    expect(page.locator("#messages")).to_contain_text("Approved: Sign?")
    sign_in(page.context, "reviewer2")
    page.goto(f"/executions/{run.pk}")
    expect(where).to_contain_text("reviewer approved")
    where.get_by_role("radio", name="Approve").check()
    where.get_by_role("button", name="Answer").click()
    wait_for(run, "succeeded")
