"""Mistakes in a definition are found at start-up, with file and line."""

import inspect
from datetime import timedelta
from pathlib import Path

import pytest
from django import forms

from executions import Workflow
from executions.authoring import registry
from executions.checks import check_workflows


@pytest.fixture(autouse=True)
def _only_these(monkeypatch):
    monkeypatch.setattr(registry, "_workflows", {})
    monkeypatch.setattr(registry, "_doubles", [])


def _line() -> int:
    return inspect.currentframe().f_back.f_lineno


def _found() -> list[tuple[str, str, str]]:
    return [(error.id, error.msg, error.hint or "") for error in check_workflows()]


def _noop(ctx, payload):
    return None


def test_a_sound_definition_has_no_errors():
    class Form(forms.Form):
        pass

    flow = Workflow("sound", input=Form)
    flow.step(_noop)
    flow.on_cancel(_noop)
    assert _found() == []


def test_two_workflows_of_one_name_are_found_with_both_places():
    Workflow("same").step(_noop)
    first = _line() - 1
    Workflow("same").step(_noop)
    second = _line() - 1
    ((code, message, hint),) = _found()
    assert (code, "'same'" in message) == ("executions.E001", True)
    assert f"{Path(__file__)}:{first}" in hint
    assert f"{Path(__file__)}:{second}" in hint


@pytest.mark.parametrize("name", ["Upper", "white space", "", "-dash", "x" * 61, "under_score", "ü", "new\nline"])
def test_a_name_that_cannot_be_in_a_url_is_found(name):
    Workflow(name).step(_noop)
    line = _line() - 1
    ((code, _, hint),) = _found()
    assert code == "executions.E002"
    assert hint.endswith(f"{Path(__file__)}:{line}")


def test_a_workflow_without_steps_is_found():
    Workflow("empty")
    line = _line() - 1
    assert _found() == [("executions.E003", "empty has no steps.", f"{Path(__file__)}:{line}")]


@pytest.mark.parametrize("form", [object, forms.Form(), "module:Form", dict])
def test_an_input_that_is_no_form_is_found(form):
    Workflow("odd", input=form).step(_noop)
    ((code, _, hint),) = _found()
    assert code == "executions.E004"
    assert str(Path(__file__)) in hint


def _definition_error(define, code: str = "executions.E005") -> tuple[str, str]:
    flow = Workflow("flow")
    flow.step(name="sound")(_noop)
    define(flow)
    ((found, message, hint),) = _found()
    assert found == code
    assert hint.startswith(f"{Path(__file__)}:")
    return message, hint


def test_two_steps_of_one_name_are_found_where_the_second_stands():
    def define(flow):
        @flow.step(name="sound")
        def other(ctx, payload):
            return None

        define.line = _line() - 4

    message, hint = _definition_error(define)
    assert "Two steps" in message
    assert hint == f"{Path(__file__)}:{define.line}"


def test_an_unknown_on_error_on_refuse_and_a_second_hook_are_found():
    assert "on_error" in _definition_error(lambda flow: flow.step(name="b", on_error="explode")(_noop))[0]
    registry._workflows.clear()
    assert "on_refuse" in _definition_error(lambda flow: flow.step(name="b", on_refuse="shrug")(_noop))[0]
    registry._workflows.clear()

    def two_hooks(flow):
        flow.on_cancel(_noop)
        flow.on_cancel(_noop)

    assert "two on_cancel hooks" in _definition_error(two_hooks)[0]


@pytest.mark.parametrize(
    "more", [{"retries": -1}, {"retries": 1.5}, {"retries": "3"}, {"backoff": -1.0}, {"backoff": float("nan")}]
)
def test_retries_and_backoff_that_make_no_sense_are_found(more):
    message, _ = _definition_error(lambda flow: flow.step(name="b", **more)(_noop))
    assert next(iter(more)) in message


def test_a_route_that_names_no_step_is_found():
    assert (
        "names nowhere, which is no step"
        in _definition_error(lambda flow: flow.route("sound", "nowhere"), "executions.E006")[0]
    )


def test_a_route_that_names_a_step_twice_is_found():
    assert "names sound twice" in _definition_error(lambda flow: flow.route("sound", "sound"))[0]


def test_two_routes_and_a_pause_called_as_a_step_are_found():
    def two(flow):
        flow.route("sound")
        flow.route("sound")

    assert "two routes" in _definition_error(two)[0]
    registry._workflows.clear()
    assert "Two steps" in _definition_error(lambda flow: flow.route(Workflow.pause("sound")))[0]
    registry._workflows.clear()
    assert "merge of p" in _definition_error(lambda flow: flow.route("sound", Workflow.pause("p", merge="mixed")))[0]


def test_an_approval_that_says_nothing_about_who_and_a_second_resume_handler_are_found():
    assert "approval of b" in _definition_error(lambda flow: flow.step(name="b", approval=7)(_noop))[0]
    registry._workflows.clear()

    def two_handlers(flow):
        def ask(ctx, payload):
            return None

        step = flow.step(ask)
        step.on_resume(_noop)
        step.on_resume(_noop)

    assert "two on_resume handlers" in _definition_error(two_handlers)[0]


def test_a_module_imported_twice_is_no_second_workflow():
    for _ in range(2):
        Workflow("again").step(_noop)
    assert _found() == []


def test_the_shipped_workflows_have_no_errors(monkeypatch):
    monkeypatch.undo()
    assert _found() == []


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ({"sla": 30}, "sla"),
        ({"sla": timedelta(0)}, "sla"),
        ({"on_sla": "shout"}, "on_sla"),
        ({"budgets": {"tokens": 0}}, "budget"),
        ({"budgets": {"tokens": float("inf")}}, "budget"),
        ({"budgets": {"tokens": True}}, "budget"),
        ({"budgets": {"To kens": 5}}, "budget"),
        ({"budgets": {7: 5}}, "budget"),
        ({"budgets": "tokens"}, "budgets"),
        ({"error_threshold": -1}, "error_threshold"),
        ({"error_threshold": 1.5}, "error_threshold"),
        ({"on_change": "panic"}, "on_change"),
    ],
)
def test_a_rule_that_makes_no_sense_is_found(rule, word):
    Workflow("ruled", **rule).step(_noop)
    line = _line() - 1
    ((code, message, hint),) = _found()
    assert (code, hint) == ("executions.E005", f"{Path(__file__)}:{line}")
    assert word in message
    assert "ruled" in message


def test_sound_rules_have_no_errors():
    rules = {"budgets": {"tokens": 10_000, "euros": 2.5}, "error_threshold": 0, "on_change": "go-on"}
    Workflow("ruled", sla=timedelta(minutes=30), on_sla="escalate", **rules).step(_noop)
    assert _found() == []


def test_the_fingerprint_changes_with_the_route_and_with_nothing_else():
    first, same, other = (Workflow(name) for name in ("first", "same", "other"))
    for flow in (first, same, other):
        flow.step(name="a")(_noop)
    assert first.fingerprint == same.fingerprint == other.fingerprint
    other.step(name="b")(_noop)
    assert other.fingerprint != first.fingerprint
