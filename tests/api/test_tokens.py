"""Tokens by HTTP: a token makes none that is stronger or lives longer than itself, and ends them with itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from console.models import IdempotentRequest
from executions.commands import token
from executions.models import ApiToken, Event
from tests.api.conftest import Program, problem

pytestmark = pytest.mark.django_db
TOKENS = "/v1/tokens"


@pytest.fixture
def maker(program):
    """A program whose token reads and pauses, and ends in a week."""
    maker = program("operator", ["executions:read", "executions:pause"])
    ApiToken.objects.filter(owner__username="operator").update(expires_at=timezone.now() + timedelta(days=7))
    return maker


def test_a_token_says_what_it_is_and_when_it_ends(program, maker):
    me = maker.get("/v1/me").json()
    assert (me["person"], me["scopes"]) == ("operator", ["executions:read", "executions:pause"])
    assert me["token"]["expires_at"] == maker.get(f"{TOKENS}/{me['token']['id']}").json()["expires_at"]
    assert me["id"] == f"token:{me['token']['id']}"
    assert program("outsider").get("/v1/me").json()["scopes"] == []


def test_a_token_makes_one_no_stronger_and_no_longer_lived(maker):
    made = maker.post(TOKENS, {"name": "child", "scopes": ["executions:read"]}).json()
    child = Program(made["token"])
    assert child.get("/v1/async-executions").status_code == 200
    assert made["expires_at"] == maker.get("/v1/me").json()["token"]["expires_at"]
    assert made["made_with"] == maker.get("/v1/me").json()["token"]["id"]
    told = problem(maker.post(TOKENS, {"name": "strong", "scopes": ["executions:cancel"]}), 403)
    assert "no executions:cancel" in told["detail"]
    assert maker.post(TOKENS, {"name": "all of mine"}).json()["scopes"] == ["executions:pause", "executions:read"]
    late = (timezone.now() + timedelta(days=8)).isoformat()
    assert "end later" in problem(maker.post(TOKENS, {"name": "long", "expires_at": late}), 422)["detail"]
    problem(maker.post(TOKENS, {"name": "past", "expires_at": "2020-01-01T00:00:00Z"}), 422)
    problem(child.post(TOKENS, {"name": "grandchild", "scopes": ["executions:pause"]}), 403)


def test_a_revoked_token_ends_at_once_with_all_that_were_made_with_it(program, maker):
    child = maker.post(TOKENS, {"name": "child"}).json()
    grandchild = Program(child["token"]).post(TOKENS, {"name": "grandchild"}).json()
    problem(program("reviewer").post(f"{TOKENS}/{child['id']}/revoke"), 404)
    mine = maker.get("/v1/me").json()["token"]["id"]
    assert maker.post(f"{TOKENS}/{mine}/revoke", {"reason": "leaked"}).json()["state"] == "revoked"
    for secret in (maker.token, child["token"], grandchild["token"]):
        assert "revoked" in problem(Program(secret).get("/v1/me"), 401)["detail"]
    assert Event.objects.filter(kind="token.revoked").count() == 3
    listed = program("operator").get(TOKENS).json()["items"]
    assert {token["state"] for token in listed} == {"live", "revoked"}


def test_only_tokens_that_have_not_ended_count_towards_how_many_one_may_have(maker, monkeypatch):
    """A program that makes itself one for each night must not be stopped by those of nights that are over."""
    monkeypatch.setattr(token, "MOST_TOKENS", 2)
    made = maker.post(TOKENS, {"name": "this night"}).json()
    problem(maker.post(TOKENS, {"name": "next night"}), 409)
    ApiToken.objects.filter(pk=made["id"]).update(expires_at=timezone.now())
    assert maker.post(TOKENS, {"name": "next night"}).status_code == 201


def test_only_who_manages_the_console_sees_tokens_of_others(program, maker):
    mine = maker.get("/v1/me").json()["token"]["id"]
    problem(program("reviewer").get(f"{TOKENS}?everybody=true"), 403)
    assert Event.objects.filter(kind="command.denied").latest("at").reason
    admin = program("admin")
    assert mine in [token["id"] for token in admin.get(f"{TOKENS}?everybody=true").json()["items"]]
    assert mine not in [token["id"] for token in admin.get(TOKENS).json()["items"]]
    assert admin.post(f"{TOKENS}/{mine}/revoke").status_code == 200


def test_a_token_ends_none_that_may_do_more_than_it(program, maker):
    """One that leaked and may do little must not be good for shutting out all its owner's programs."""
    strong = maker.get("/v1/me").json()["token"]["id"]
    weak, weaker = program("operator", ["executions:label"]), program("operator", ["executions:read"])
    told = problem(weak.post(f"{TOKENS}/{strong}/revoke", {"reason": "mischief"}), 403)
    assert "may do more" in told["detail"]
    problem(weaker.post(f"{TOKENS}/{strong}/revoke"), 403)
    assert maker.get("/v1/me").status_code == 200
    assert Event.objects.filter(kind="command.denied", reason=told["detail"]).exists()
    number = weaker.get("/v1/me").json()["token"]["id"]
    assert maker.post(f"{TOKENS}/{number}/revoke").status_code == 200
    itself = weak.get("/v1/me").json()["token"]["id"]
    assert weak.post(f"{TOKENS}/{itself}/revoke").status_code == 200
    manager = program("admin", ["console:manage"])
    assert manager.post(f"{TOKENS}/{strong}/revoke").status_code == 200


def test_a_secret_is_told_once_and_kept_nowhere(maker):
    first = maker.post(TOKENS, {"name": "child"}, headers={"Idempotency-Key": "one"})
    again = maker.post(TOKENS, {"name": "child"}, headers={"Idempotency-Key": "one"})
    secret = first.json()["token"]
    assert Program(secret).get("/v1/me").status_code == 200
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == {**first.json(), "token": None}
    assert secret.encode() not in bytes(IdempotentRequest.objects.get(key="one").body)
