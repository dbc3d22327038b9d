"""From an author's arguments to a question: what makes sense is kept, what makes none is refused with its name."""

from datetime import timedelta

import pytest
from django import forms

from executions import Who
from executions.authoring.question import APPROVAL_FORM, checked_default, make_question
from executions.forms import form_of

HOUR = timedelta(hours=1)


class NumberForm(forms.Form):
    """One number."""

    number = forms.IntegerField(min_value=1)


def clean(question, data):
    """Return what the question's form makes of an answer, or the fields it complains of."""
    form = form_of(question)(data)
    return form.cleaned_data if form.is_valid() else set(form.errors)


def test_without_form_and_format_any_object_will_do():
    question = make_question("k", title="What?")
    assert (question.format, question.form, form_of(question)) == ("json", None, None)


def test_a_form_is_kept_by_its_path():
    question = make_question("k", title="What?", form=NumberForm)
    assert (question.format, question.form) == ("form", f"{__name__}:NumberForm")
    assert form_of(question) is NumberForm


def test_an_approval_has_its_own_form():
    question = make_question("k", title="Pay?", kind="approval", who=Who(approvals=2))
    assert (question.form, question.who["approvals"]) == (APPROVAL_FORM, 2)


@pytest.mark.parametrize(
    ("data", "cleaned"),
    [
        ({"answer": " blue "}, {"answer": "blue"}),
        ({"answer": " "}, {"answer"}),
        ({}, {"answer"}),
        ({"answer": "x" * 10_001}, {"answer"}),
        ({"answer": ["blue"]}, {"answer"}),
        ({"answer": 5}, {"answer"}),
    ],
)
def test_f11_free_text(data, cleaned):
    assert clean(make_question("k", title="?", format="text"), data) == cleaned


@pytest.mark.parametrize(
    ("sent", "cleaned"),
    [
        (True, {"answer": True}),
        (False, {"answer": False}),
        ("yes", {"answer": True}),
        ("no", {"answer": False}),
        ("true", {"answer": True}),
        ("maybe", {"answer"}),
        (None, {"answer"}),
        ("", {"answer"}),
        (0, {"answer"}),
    ],
)
def test_f11_yes_or_no_where_no_is_an_answer_and_nothing_is_none(sent, cleaned):
    assert clean(make_question("k", title="?", format="yes-no"), {"answer": sent}) == cleaned


@pytest.mark.parametrize(
    ("choices", "pairs"),
    [
        (["a", "b"], (("a", "a"), ("b", "b"))),
        ([("a", "Apple"), "b"], (("a", "Apple"), ("b", "b"))),
        ({"a": "Apple"}, (("a", "Apple"),)),
    ],
)
def test_f11_a_choice(choices, pairs):
    question = make_question("k", title="?", format="choice", choices=choices)
    assert question.choices == pairs
    assert clean(question, {"answer": "a"}) == {"answer": "a"}
    assert clean(question, {"answer": "z"}) == {"answer"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"title": " "}, "title"),
        ({"urgency": "now"}, "urgency"),
        ({"format": "number"}, "format"),
        ({"format": "form"}, "give the form"),
        ({"format": "text", "form": NumberForm}, "format"),
        ({"format": "text", "replaces": {"file": "a.txt"}}, "replaces"),
        ({"choices": ["a"]}, "choices"),
        ({"format": "choice"}, "choices"),
        ({"format": "choice", "choices": []}, "choices"),
        ({"format": "choice", "choices": "ab"}, "choices"),
        ({"format": "choice", "choices": ["a", "a"]}, "choices"),
        ({"format": "choice", "choices": [1]}, "choices"),
        ({"format": "choice", "choices": [("a",)]}, "choices"),
        ({"who": {"group": "x"}}, "who"),
        ({"who": Who(approvals=2)}, "who asks for 2 approvals"),
        ({"deadline": 60}, "deadline"),
        ({"deadline": timedelta(seconds=-1)}, "deadline"),
        ({"remind": timedelta(0)}, "remind"),
        ({"remind": "daily"}, "remind"),
        ({"on_deadline": "shrug", "deadline": HOUR}, "on_deadline"),
        ({"on_deadline": "cancel"}, "give the deadline"),
        ({"on_deadline": "default", "deadline": HOUR}, "default"),
        ({"default": {"a": 1}, "deadline": HOUR}, "default"),
        ({"on_deadline": "escalate", "deadline": HOUR}, "escalate_to"),
        ({"escalate_to": Who(group="x"), "deadline": HOUR}, "escalate_to"),
        ({"escalate_to": Who(approvals=2), "deadline": HOUR, "on_deadline": "escalate"}, "escalate_to asks for 2"),
        ({"escalate_after": HOUR}, "escalate_after"),
        ({"on_deadline": "default", "deadline": HOUR, "default": 5}, "default"),
    ],
)
def test_what_makes_no_sense_is_refused_and_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        make_question("k", **{"title": "What?", **arguments})


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"permission": "approve"}, "permission"),
        ({"group": None}, "group"),
        ({"users": "ann"}, "users"),
        ({"users": [""]}, "users"),
        ({"approvals": 0}, "approvals"),
        ({"approvals": True}, "approvals"),
        ({"users": ("ann",), "approvals": 2}, "approvals"),
    ],
)
def test_a_who_that_makes_no_sense_is_refused_and_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        Who(**arguments)


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        (Who(), "Whoever may answer questions."),
        (Who(users=["ann", "bob"]), "ann or bob."),
        (Who(group="finance", approvals=2), "Members of the group finance. 2 people must approve."),
        (Who(permission="a.b", not_launcher=True), "Whoever may answer questions, with the permission a.b, but not"),
        (Who(users=["ann"], group="x"), "ann, in the group x."),
    ],
)
def test_a_who_says_in_words_what_it_is_and_survives_being_stored(who, sentence):
    assert who.sentence().startswith(sentence)
    assert Who.of_json(who.as_json()) == who


@pytest.mark.parametrize(
    ("arguments", "default"),
    [
        ({"form": NumberForm, "default": {"number": "3"}}, {"number": 3}),
        ({"format": "text", "default": " x "}, {"answer": "x"}),
        ({"format": "yes-no", "default": False}, {"answer": False}),
        ({"kind": "approval", "default": {"decision": "approve"}}, {"decision": "approve", "reason": ""}),
    ],
)
def test_a_default_is_cleaned_as_an_answer_is(arguments, default):
    question = make_question("k", title="?", deadline=HOUR, on_deadline="default", **arguments)
    assert checked_default(question).default == default


@pytest.mark.parametrize(
    "arguments",
    [
        {"form": NumberForm, "default": {"number": 0}},
        {"form": NumberForm, "default": {"number": 1, "more": 2}},
        {"format": "yes-no", "default": "maybe"},
        {"format": "choice", "choices": ["a"], "default": "b"},
        {"kind": "approval", "default": {"decision": "reject"}},
        {"default": {"a": {1, 2}}},
    ],
)
def test_a_default_that_nobody_could_answer_is_refused(arguments):
    question = make_question("k", title="?", deadline=HOUR, on_deadline="default", **arguments)
    with pytest.raises(ValueError, match="default is no valid answer"):
        checked_default(question)


def test_who_comes_second_has_as_long_as_the_first_unless_told():
    told = {"title": "?", "deadline": HOUR, "on_deadline": "escalate", "escalate_to": Who(group="boss")}
    assert make_question("k", **told).escalate == {"who": Who(group="boss").as_json(), "seconds": 3600}
    assert make_question("k", **told, escalate_after=timedelta(minutes=1)).escalate["seconds"] == 60
