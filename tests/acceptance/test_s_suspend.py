"""Suspend and resume from code: every promise seen from outside, against real workers, with restarts in between."""

import pytest
from django.db.models.functions import Now

from executions import commands
from executions.decisionlink import link_to
from tests.domain.story import let_pass
from tests.effects import effects_of
from tests.engine.watching import QUICK, data, events, fresh, kinds, launch, story, wait_for, wait_until


@pytest.fixture
def reviewer(cast):
    return cast.actor("reviewer")


@pytest.fixture
def admin(cast):
    return cast.actor("admin")


def open_question(run):
    return run.suspensions.get(closed_at__isnull=True)


def wait_for_question(run, key):
    """Wait until a run asks the question with this key and has freed its worker."""
    asked = wait_until(lambda: run.suspensions.filter(key=key, closed_at__isnull=True).first(), f"asks {key}")
    wait_for(run, "suspended")
    return asked


def answer(actor, question, **given):
    return commands.answer(actor, question.pk, data=given, context_digest=question.context_digest)


def restart(workers, worker):
    """Kill the only worker and start another: nothing it had in memory is left."""
    worker.kill9()
    (new,) = workers(1, **QUICK)
    return new


def test_s1_a_question_frees_the_worker_and_waits_beyond_it(cast, reviewer, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "questions")
    wait_for(run, "suspended")
    assert (fresh(run).owner, fresh(run).lease_until) == (None, None)
    other = launch(cast, "noop")
    wait_for(other, "succeeded")  # the worker is free
    opened = events(run, "suspension.opened")
    assert [(data(event)["key"], data(event)["title"]) for event in opened] == [("question", "Which colour?")]
    restart(workers, worker)
    answer(reviewer, open_question(run), answer="red")
    assert wait_for(run, "succeeded").payload["said"] == {"answer": "red"}
    assert effects_of(run.pk) == ["before asking", "answered"]


def test_s1_it_waits_until_its_deadline_and_a_worker_that_never_saw_it_tells_the_code(cast, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "questions", {"deadline": 3600})
    wait_for(run, "suspended")
    worker.kill9()
    run.suspensions.update(deadline=Now())
    workers(1, **QUICK)
    assert wait_for(run, "succeeded").payload["late"] is True
    assert kinds(run).count("suspension.expired") == 1


def test_s2_a_listener_that_comes_late_asks_from_an_earlier_line_and_misses_nothing(cast, reviewer, worker):
    run = launch(cast, "questions")
    wait_for(run, "suspended")
    program = cast.client("reviewer")
    address = f"/v1/async-executions/{run.pk}/events"
    early = program.get(f"{address}?limit=2").json()
    answer(reviewer, open_question(run), answer="red")
    wait_for(run, "succeeded")
    late = program.get(f"{address}?after={early['items'][-1]['seq']}").json()["items"]
    heard = [line["seq"] for line in [*early["items"], *late]]
    assert heard == [event.seq for event in events(run)] == list(range(1, len(heard) + 1))
    (told,) = [line for line in late if line["kind"] == "suspension.opened"]
    asked = run.suspensions.get()
    assert (told["data"]["suspension"], told["data"]["key"]) == (str(asked.pk), "question")
    assert {"title", "context", "urgency", "deadline", "step", "context_digest"} <= set(told["data"])


def test_s3_the_api_answers_by_run_and_key_and_a_wrong_key_resumes_nothing(cast, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "questions")
    wait_for(run, "suspended")
    restart(workers, worker)
    program = cast.client("reviewer")
    address = f"/v1/async-executions/{run.pk}/answers/"
    wrong = program.post(f"{address}other", {"data": {"answer": "red"}}, content_type="application/json")
    assert wrong.status_code == 404
    assert "Open: question" in wrong.json()["detail"]
    assert fresh(run).state == "suspended"
    right = program.post(f"{address}question", {"data": {"answer": "red"}}, content_type="application/json")
    assert right.status_code == 200, right.content
    assert wait_for(run, "succeeded").payload["said"] == {"answer": "red"}


def test_s4_a_link_made_before_a_restart_opens_the_question_for_who_signs_in(cast, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "signing", {"who": {"group": "reviewer"}})
    wait_for(run, "suspended")
    question = open_question(run)
    address = "/" + link_to(question.pk).split("/", 3)[3]
    restart(workers, worker)
    stranger = cast.client("outsider")
    stranger.logout()
    assert stranger.get(address).headers["Location"].startswith("/accounts/login/")
    person = cast.client("reviewer")
    assert "Sign?" in person.get(address).content.decode()
    form = {"answer-decision": "approve", "context_digest": question.context_digest}
    person.post(f"/executions/{run.pk}/questions/{question.pk}", form)
    assert wait_for(run, "succeeded").payload["by"] == "reviewer"
    assert "reviewer answered this question already" in person.get(address).content.decode()


def test_s5_questions_one_after_the_other_each_by_its_own_people_over_restarts(cast, reviewer, admin, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "stages")
    answer(reviewer, wait_for_question(run, "person"), name="Ann")
    lead = wait_for_question(run, "lead")
    assert lead.title == "Hire Ann?"
    worker = restart(workers, worker)
    answer(reviewer, lead, decision="approve")
    money = wait_for_question(run, "money")
    worker = restart(workers, worker)
    answer(admin, money, decision="approve")
    payload = wait_for(run, "succeeded").payload
    assert (payload["hired"], payload["lead"], payload["money"]) == (True, "reviewer", "admin")
    assert effects_of(run.pk) == ["before the first", "between", "after the last"]
    assert kinds(run).count("suspension.answered") == 3, story(run)


@pytest.mark.parametrize(
    ("payload", "end", "kind"),
    [
        ({"on_deadline": "fail"}, {"state": "succeeded", "late": True}, "suspension.expired"),
        (
            {"on_deadline": "default", "default": "grey"},
            {"state": "succeeded", "by": "deadline"},
            "suspension.answered",
        ),
        ({"on_deadline": "cancel"}, {"state": "cancelled"}, "execution.cancelled"),
    ],
    ids=["fail", "default", "cancel"],
)
def test_s6_a_deadline_does_what_was_agreed_whichever_worker_is_there(cast, workers, payload, end, kind):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "questions", {"deadline": 3600, **payload})
    wait_for(run, "suspended")
    worker.kill9()
    run.suspensions.update(deadline=Now())
    workers(1, **QUICK)
    done = wait_for(run, "succeeded", "cancelled")
    assert {"state": done.state, **done.payload}.items() >= end.items()
    assert kinds(run).count(kind) == 1


def test_s6_an_escalation_reaches_others_and_they_answer(cast, admin, workers):
    (worker,) = workers(1, **QUICK)
    people = {"who": {"group": "reviewer"}, "escalate_to": {"group": "admin"}}
    run = launch(cast, "questions", {"deadline": 3600, "on_deadline": "escalate", **people})
    wait_for(run, "suspended")
    worker.kill9()
    run.suspensions.update(deadline=Now())
    workers(1, **QUICK)
    wait_until(lambda: open_question(run).escalated_at, "escalated")
    answer(admin, open_question(run), answer="red")
    assert wait_for(run, "succeeded").payload["by"] == "admin"


def test_s6_one_that_was_answered_in_time_never_fires(cast, reviewer, worker):
    run = launch(cast, "questions", {"deadline": 3600, "on_deadline": "cancel"})
    wait_for(run, "suspended")
    answer(reviewer, open_question(run), answer="red")
    wait_for(run, "succeeded")
    let_pass(run, 3600)
    assert run.suspensions.filter(deadline__lt=Now()).exists()
    other = launch(cast, "questions", {"deadline": 0})
    wait_for(other, "succeeded")  # the sweeper has been there
    assert fresh(run).state == "succeeded"
    assert not {"suspension.expired", "execution.cancel_requested"} & set(kinds(run))
