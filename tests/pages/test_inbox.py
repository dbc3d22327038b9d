"""The inbox, and links in messages: they lead to one question, and allow nothing by themselves."""

import html
import re
import uuid

import pytest
from django.core.signing import TimestampSigner

from executions import commands
from executions.decisionlink import SALT, link_to, token_for
from tests.domain import story
from tests.effects import effects_table  # noqa: F401  (a fixture)

pytestmark = pytest.mark.usefixtures("db", "effects_table")


def ask(cast, **payload):
    run = story.work(story.launch(cast, "questions", payload))
    return run, run.suspensions.get()


def words(response):
    """What a response says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(response.content.decode())).split())


def see(cast, who, address, **more):
    return cast.client(who).get(address, **more)


def test_a11_the_inbox_shows_what_waits_for_this_person_most_urgent_first(cast):
    _, calm = ask(cast, title="Calm matter")
    _, urgent = ask(cast, title="Urgent matter", urgency="high")
    _, foreign = ask(cast, title="Not for you", who={"users": ["reviewer2"]})
    page = see(cast, "reviewer", "/inbox").content.decode()
    assert page.index("Urgent matter") < page.index("Calm matter")
    assert "Not for you" not in page
    assert f"/executions/{urgent.execution_id}#question-{urgent.pk}" in page
    assert "Not for you" in see(cast, "reviewer2", "/inbox").content.decode()
    commands.answer(cast.actor("reviewer"), calm.pk, data={"answer": "x"}, context_digest=calm.context_digest)
    assert "Calm matter" not in see(cast, "reviewer", "/inbox").content.decode()
    assert foreign.is_open


def test_an_operator_has_holds_to_release_and_no_questions(cast):
    _, asked = ask(cast, title="Not for operators")
    commands.pause(cast.actor("operator"), story.launch(cast).pk, reason="Mine to release")
    page = see(cast, "operator", "/inbox").content.decode()
    assert "Mine to release" in page
    assert "Not for operators" not in page
    assert asked.is_open


def test_whose_role_neither_answers_nor_releases_is_told_so(cast):
    assert "Your role neither answers questions nor releases holds" in words(see(cast, "auditor", "/inbox"))
    assert 'href="/inbox"' not in see(cast, "auditor", "/executions").content.decode()
    assert see(cast, "outsider", "/inbox").status_code == 403


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ({}, '<textarea name="answer-answer"'),
        ({"format": "yes-no"}, 'name="answer-answer" value="yes"'),
        ({"format": "choice", "choices": [["ber", "Berlin"]]}, 'name="answer-answer" value="ber"'),
        ({"format": "json"}, '<textarea name="answer-data"'),
        ({"who": {"group": "reviewer", "not_launcher": True}}, "Members of the group reviewer"),
        ({"deadline": 60, "on_deadline": "cancel"}, "then the run is cancelled"),
        ({"deadline": 60, "on_deadline": "default", "default": "red"}, "then it is answered with answer: red"),
        ({"deadline": 60, "on_deadline": "escalate", "escalate_to": {"group": "admin"}}, "the group admin"),
    ],
)
def test_f11_the_page_shows_every_format_whom_it_is_put_to_and_what_its_deadline_does(cast, payload, shown):
    run, _ = ask(cast, **payload)
    assert shown in see(cast, "reviewer", f"/executions/{run.pk}").content.decode()


def test_f11_an_answer_is_given_in_the_console_in_every_format(cast):
    for payload, typed, answer in (
        ({}, {"answer-answer": "blue"}, "blue"),
        ({"format": "yes-no"}, {"answer-answer": "no"}, False),
        ({"format": "choice", "choices": [["ber", "Berlin"]]}, {"answer-answer": "ber"}, "ber"),
    ):
        run, asked = ask(cast, **payload)
        form = {**typed, "context_digest": asked.context_digest}
        sent = cast.client("reviewer").post(f"/executions/{run.pk}/questions/{asked.pk}", form)
        assert sent.status_code == 303, sent.content
        asked.refresh_from_db()
        assert asked.answer == {"answer": answer}


def test_who_may_not_answer_is_told_why_and_who_may(cast):
    run, _ = ask(cast, who={"users": ["reviewer2"]})
    page = see(cast, "reviewer", f"/executions/{run.pk}").content.decode()
    assert "It is put to: reviewer2." in page
    assert "answer-form" not in page


def test_s4_a_link_leads_to_the_question_after_signing_in(cast, client):
    _, asked = ask(cast, title="Pay this?")
    address = link_to(asked.pk).removeprefix("http://localhost:8000")
    before = client.get(address)
    assert before.status_code == 302
    assert before.headers["Location"].startswith("/accounts/login/?next=/decide/")
    there = see(cast, "reviewer", address)
    assert "You are asked to decide" in words(there)
    assert f'action="/inbox/questions/{asked.pk}/answer?' in there.content.decode()


def test_s4_a_link_to_a_closed_question_says_who_answered(cast):
    _, asked = ask(cast)
    commands.answer(cast.actor("reviewer2"), asked.pk, data={"answer": "x"}, context_digest=asked.context_digest)
    page = see(cast, "reviewer", f"/decide/{token_for(asked.pk)}").content.decode()
    assert "reviewer2 answered this question already" in page


def test_s4_a_link_that_was_changed_or_made_for_something_else_opens_nothing(cast):
    _, asked = ask(cast)
    token = token_for(asked.pk)
    other = token.replace(asked.pk.hex, uuid.uuid4().hex)
    foreign = TimestampSigner(salt="another purpose").sign(asked.pk.hex)
    for wrong in (token[:-1], other, foreign, asked.pk.hex, "x"):
        response = see(cast, "reviewer", f"/decide/{wrong}")
        assert (response.status_code, b"not one of ours" in response.content) == (404, True)
    assert SALT != "another purpose"


def test_s4_an_old_link_is_gone(cast, settings):
    _, asked = ask(cast)
    token = token_for(asked.pk)
    settings.HOLDPOINT = {**settings.HOLDPOINT, "DECISION_LINK_DAYS": 0.0}
    response = see(cast, "reviewer", f"/decide/{token}")
    assert response.status_code == 410
    assert b"older than" in response.content


def test_s4_a_link_grants_nothing(cast):
    _, asked = ask(cast)
    address = f"/decide/{token_for(asked.pk)}"
    assert see(cast, "outsider", address).status_code == 403
    there = see(cast, "operator", address)
    assert "it needs the scope suspensions:answer" in words(there)
    assert "answer-form" not in there.content.decode()
    asked.refresh_from_db()
    assert asked.is_open
