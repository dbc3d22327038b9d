"""Who is asking: tokens, sessions, and what each may do."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from executions import commands
from executions.actors import SYSTEM
from executions.models import ApiToken
from tests.api.conftest import Program, events_of, problem

pytestmark = pytest.mark.django_db
RUNS = "/v1/async-executions"


def test_nobody_is_asked_who_he_is():
    answer = Client().get(RUNS)
    problem(answer, 401)
    assert answer["WWW-Authenticate"] == 'Bearer realm="holdpoint"'
    problem(Client().post(f"{RUNS}/x/pause", {"reason": "why"}, content_type="application/json"), 401)


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer hp_wrong", "Basic b3A6b3A=", "hp_wrong", "Bearer \xff"]
)
def test_bad_credentials_are_401_even_beside_a_good_session(cast, header):
    answer = cast.client("admin").get(RUNS, headers={"authorization": header})
    problem(answer, 401)
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


def test_a_token_ends_by_revocation_expiry_and_with_its_owner(program, cast):
    operator = program("operator")
    assert operator.get(RUNS).status_code == 200
    token = ApiToken.objects.get(owner=cast.operator)

    token.expires_at = timezone.now() - timedelta(seconds=1)
    token.save(update_fields=["expires_at"])
    assert "expired" in problem(operator.get(RUNS), 401)["detail"]
    token.expires_at = timezone.now() + timedelta(hours=1)
    token.save(update_fields=["expires_at"])
    assert operator.get(RUNS).status_code == 200

    cast.operator.is_active = False
    cast.operator.save(update_fields=["is_active"])
    problem(operator.get(RUNS), 401)
    cast.operator.is_active = True
    cast.operator.save(update_fields=["is_active"])
    assert operator.get(RUNS).status_code == 200

    commands.revoke_token(SYSTEM, token)
    assert "revoked" in problem(operator.get(RUNS), 401)["detail"]


def test_a_token_is_stored_as_a_hash_and_its_use_is_noted_once_a_minute(program, cast):
    operator = program("operator")
    token = ApiToken.objects.get(owner=cast.operator)
    assert operator.token not in (token.digest, token.name)
    assert token.last_used_at is None
    operator.get(RUNS)
    token.refresh_from_db()
    first = token.last_used_at
    operator.get(RUNS)
    token.refresh_from_db()
    assert token.last_used_at == first
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=first - timedelta(seconds=61))
    operator.get(RUNS)
    token.refresh_from_db()
    assert token.last_used_at > first - timedelta(seconds=1)


def test_a_token_loses_what_its_owner_loses(program, launch, path, cast):
    run, operator = launch(), program("operator")
    assert operator.post(path(run, "pause"), {"reason": "why"}).status_code == 200
    cast.operator.groups.clear()
    assert "executions:pause" in problem(operator.post(path(run, "resume")), 403)["detail"]
    assert len(events_of(run, "command.denied")) == 1


def test_sessions_work_with_their_csrf_token(cast, launch, path):
    run = launch()
    client = cast.client("operator", enforce_csrf_checks=True)
    assert client.get(path(run)).status_code == 200
    body = b'{"reason": "why"}'
    told = problem(client.post(path(run, "pause"), body, content_type="application/json"), 403)
    assert "X-CSRFToken" in told["detail"]
    csrf = "a" * 32
    client.cookies["holdpoint_csrf"] = csrf
    answer = client.post(path(run, "pause"), body, content_type="application/json", headers={"X-CSRFToken": csrf})
    assert answer.status_code == 200, answer.content
    assert events_of(run, "hold.placed")[0].via == "api"
    assert events_of(run, "hold.placed")[0].actor_name == "operator"


def test_a_token_needs_no_csrf_token(program, launch, path):
    run, operator = launch(), program("operator", enforce_csrf_checks=True)
    assert operator.post(path(run, "pause"), {"reason": "why"}).status_code == 200


def test_a_session_that_has_ended_is_401(cast):
    client = cast.client("operator")
    client.logout()
    problem(client.get(RUNS), 401)
    assert problem(Program().get(RUNS), 401)
