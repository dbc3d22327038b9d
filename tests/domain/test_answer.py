"""answer: once, by the form, bound to what was shown."""

import pytest

from executions import commands
from executions.errors import Conflict, Invalid, NotAllowed, Stale
from tests.domain import story
from tests.domain.refusal import refused
from tests.effects import effects_of

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def reviewer(cast):
    return cast.actor("reviewer")


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


@pytest.fixture
def asked(cast):
    return story.work(story.launch(cast, "asking", {"order": 7}))


def _answer(actor, question, **changes):
    return commands.answer(
        actor, question.pk, **{"data": {"decision": "yes"}, "context_digest": question.context_digest, **changes}
    )


def test_s1_s3_a_question_frees_the_worker_and_its_answer_goes_to_the_code(reviewer, asked):
    assert (asked.state, asked.lease_until) == ("suspended", None)
    question = asked.suspensions.get()
    answered = _answer(reviewer, question, data={"decision": "yes", "amount": "12.50"}, comment="fine by me")
    assert (answered.outcome, answered.answered_by_name, answered.comment) == ("answered", "reviewer", "fine by me")
    assert answered.answer == {"decision": "yes", "amount": "12.50"}
    assert story.fresh(asked).state == "queued"
    assert story.work(asked).payload["decision"] == "yes"
    assert effects_of(asked.pk) == ["before asking", "answered yes by reviewer"]


def test_invariant_8_an_answer_is_given_once(cast, reviewer, asked):
    question = asked.suspensions.get()
    _answer(reviewer, question)
    with refused(Conflict, asked, match="reviewer answered this question already"):
        _answer(cast.actor("reviewer2"), question, data={"decision": "no"})


def test_h6_somebody_without_the_scope_is_refused_whether_the_question_is_open_or_closed(
    cast, reviewer, operator, asked
):
    question = asked.suspensions.get()
    with refused(NotAllowed, asked, match="suspensions:answer"):
        _answer(operator, question)
    _answer(reviewer, question)
    with refused(NotAllowed, asked, match="suspensions:answer"):
        _answer(operator, question)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "decision"),
        ({"decision": "maybe"}, "decision"),
        ({"decision": None}, "decision"),
        ({"decision": "yes", "amount": "lots"}, "amount"),
        ({"decision": "yes", "amount": "1.234"}, "amount"),
        ({"decision": "yes", "remark": "x"}, "remark"),
        ({"decision": "\x00"}, "data"),
        ([], "data"),
        ("yes", "data"),
        (None, "data"),
    ],
)
def test_f10_a3_a_bad_answer_is_refused_with_the_field_named(reviewer, asked, data, field):
    with refused(Invalid, asked, field=field):
        _answer(reviewer, asked.suspensions.get(), data=data)


def test_a_file_that_the_question_does_not_ask_for_is_refused(reviewer, asked):
    with refused(Invalid, asked, field="proof"):
        _answer(reviewer, asked.suspensions.get(), files={"proof": ("a.txt", b"a")})


@pytest.mark.parametrize("digest", ["", "0" * 64, None, "\x00"])
def test_an_answer_is_bound_to_what_was_shown(reviewer, asked, digest):
    with refused(Stale, asked, match="has changed since you opened it"):
        _answer(reviewer, asked.suspensions.get(), context_digest=digest)


def test_h12_a_run_paused_while_its_question_is_open_goes_on_only_when_both_allow_it(operator, reviewer, asked):
    question = asked.suspensions.get()
    commands.pause(operator, asked.pk, reason="wait")
    assert story.fresh(asked).state == "paused"
    _answer(reviewer, question)
    assert story.fresh(asked).state == "paused"
    assert story.claim(asked) is None
    commands.resume(operator, asked.pk)
    assert story.work(asked).state == "succeeded"


def test_h12_the_other_way_round_the_question_stays_open_after_the_resume(operator, reviewer, asked):
    commands.pause(operator, asked.pk, reason="wait")
    assert commands.resume(operator, asked.pk).state == "suspended"
    assert story.claim(asked) is None
    _answer(reviewer, asked.suspensions.get())
    assert story.work(asked).state == "succeeded"


def test_p10_an_answer_need_not_be_given_again_after_a_failure(cast, reviewer, asked, monkeypatch):
    from tests import workflows_for_tests

    real = workflows_for_tests.note_effect

    monkeypatch.setattr(workflows_for_tests, "note_effect", lambda i, w: (_ for _ in ()).throw(RuntimeError("away")))
    _answer(reviewer, asked.suspensions.get())
    assert story.work(asked).state == "failed"
    monkeypatch.setattr(workflows_for_tests, "note_effect", real)
    commands.retry(cast.actor("operator"), asked.pk, reason="it is back")
    assert story.work(asked).state == "succeeded"
    assert asked.suspensions.count() == 1
