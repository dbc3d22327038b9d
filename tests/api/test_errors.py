"""Every error below /v1 is a problem document, whoever made it."""

import psycopg
import pytest
from django.db import OperationalError
from django.test import Client

from console.api import audit
from console.errors import STATUS, is_database_away
from executions import errors
from tests.api.conftest import events_of, problem

RUNS = "/v1/async-executions"
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("command", ["pause", "resume", "cancel", "retry"])
@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_commands_take_nothing_but_post(program, launch, path, method, command):
    run, operator = launch(), program("operator")
    told = getattr(operator.client, method)(path(run, command))
    assert problem(told, 405)["type"] == "urn:holdpoint:problem:method-not-allowed"
    assert told["Allow"] == "OPTIONS, POST"
    assert not events_of(run, "command.denied")


def test_addresses_that_are_none_are_404(program):
    for address in ("/v1/nothing", "/v1/async-executions/", "/v1/", "/v1/holds/x/y/z"):
        problem(program("operator").get(address), 404)


def test_an_error_of_ours_is_a_problem_without_details(program, launch, path, monkeypatch):
    def break_down(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("console.api.runs.find_execution", break_down)
    operator = program("operator", raise_request_exception=False)
    answer = operator.get(f"{RUNS}/0198c0de-0000-7000-8000-000000000000")
    assert "secret" not in str(problem(answer, 500))


@pytest.mark.parametrize("address", [RUNS, "/accounts/login/"])
def test_a_database_that_is_away_is_503_for_programs_and_people(program, monkeypatch, address):
    away = OperationalError("connection refused")
    away.__cause__ = psycopg.OperationalError("connection refused")

    def refuse(*_, **__):
        raise away

    operator = program("operator", raise_request_exception=False)
    monkeypatch.setattr("console.api.runs.queries.list_runs", refuse)
    monkeypatch.setattr("allauth.account.views.LoginView.get", refuse)
    answer = operator.get(address)
    assert answer["Retry-After"] == "5"
    if address == RUNS:
        assert "Idempotency-Key" in problem(answer, 503)["detail"]
    else:
        assert answer.status_code == 503
        assert b"cannot reach its database" in answer.content


def test_a_database_that_goes_away_under_the_session_is_503_too(cast, monkeypatch):
    away = OperationalError("connection refused")
    away.__cause__ = psycopg.OperationalError("connection refused")

    def refuse(*_, **__):
        raise away

    client = cast.client("operator", raise_request_exception=False)
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", refuse)
    assert client.get("/executions").status_code == 503
    problem(client.get(RUNS), 503)


def test_a_statement_that_was_refused_is_no_outage():
    deadlock = OperationalError("deadlock detected")
    deadlock.__cause__ = psycopg.errors.DeadlockDetected("deadlock detected")
    assert not is_database_away(deadlock)
    shutdown = OperationalError("terminating connection")
    shutdown.__cause__ = psycopg.errors.AdminShutdown("terminating connection")
    assert is_database_away(shutdown)
    assert not is_database_away(ValueError("no"))


def test_every_refusal_of_the_domain_has_a_status():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.Refused)]
    assert set(kinds) == set(STATUS)


def test_a_host_that_is_not_ours_is_a_problem(program):
    problem(program("operator").get(RUNS, headers={"host": "evil.example"}), 400)


def test_pages_keep_their_own_error_pages():
    answer = Client().get("/no/such/page")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("command", "field", "status"), [("retry", "from_step", 422), ("skip", "step", 412), ("pause", "before_step", 422)]
)
def test_half_a_surrogate_pair_is_refused_in_words_that_can_be_sent(program, launch, path, command, field, status):
    run, admin = launch(), program("admin")
    admin.post(path(run, "pause"), {"reason": "to rest"})
    answer = admin.post(path(run, command), {"reason": "x", field: "\ud800"})
    assert problem(answer, status)["detail"]
    assert problem(admin.post("/v1/holds", {"execution": "\ud800", "reason": "x"}), 404)["detail"]


def test_head_is_get_without_its_body_and_options_say_what_is_taken(program, launch, path, monkeypatch):
    operator, run = program("operator"), launch()
    got, headed = operator.get(path(run)), operator.client.head(path(run))
    assert (headed.status_code, headed.content, headed["ETag"]) == (200, b"", got["ETag"])
    assert operator.client.head("/v1/async-executions/nothing").status_code == 404
    asked = operator.client.options(path(run, "payload"))
    assert (asked.status_code, asked["Allow"]) == (204, "OPTIONS, PATCH")
    assert operator.client.options("/v1/holds")["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert operator.client.options("/v1/nowhere").status_code == 404
    assert operator.client.head("/v1/audit/export").status_code == 403
    monkeypatch.setattr(audit, "begin_export", None)  # which would record that something was handed out
    streamed = program("auditor").client.head("/v1/audit/export?ledger=system")
    assert (streamed.status_code, streamed["Content-Type"], streamed.content) == (200, "application/jsonl", b"")
