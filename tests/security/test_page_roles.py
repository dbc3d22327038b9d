"""Every page × every role and every scope, in one table; and no answer shows what its reader may not see."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from console.pages.urls import urlpatterns
from executions import commands
from executions.access import ROLES, SCOPES
from executions.commands.label_rule import set_label_rule
from executions.commands.reason import add_reason
from executions.commands.view import save_view
from tests.api.conftest import ask, launch, program  # noqa: F401  (fixtures)
from tests.support.confirming import confirm

pytestmark = pytest.mark.django_db

READ, AUDIT, MANAGE, LAUNCH = "executions:read", "audit:read", "console:manage", "executions:launch"
HOOKS = "webhooks:manage"
OWN = ""
"""Being signed in is enough."""
PAGES = {
    "executions": READ,
    "executions-changes": READ,
    "views": READ,
    "execution": READ,
    "execution-evidence": READ,
    "execution-payload-page": READ,
    "execution-payload": READ,
    "execution-event": READ,
    "execution-file": READ,
    "execution-file-diff": READ,
    "holds": READ,
    "freezes": READ,
    "holds-news": READ,
    "freezes-news": READ,
    "hold-new": READ,
    "freeze-progress": READ,
    "bulk": READ,
    "bulk-preview": READ,
    "bulk-job": READ,
    "inbox": READ,
    "inbox-count": READ,
    "inbox-news": READ,
    "decide": READ,
    "workflows": READ,
    "workflow": READ,
    "launch": LAUNCH,
    "launch-workflow": LAUNCH,
    "audit": AUDIT,
    "audit-news": AUDIT,
    "verifications": AUDIT,
    "verification": AUDIT,
    "audit-verifier": READ,
    "audit-line": AUDIT,
    "settings": OWN,
    "settings-profile": OWN,
    "settings-reasons": READ,
    "reason-edit": MANAGE,
    "settings-labels": READ,
    "settings-tokens": OWN,
    "token-new": OWN,
    "help": OWN,
    "help-role": OWN,
    "system": READ,
    "settings-people": AUDIT,
    "settings-webhooks": HOOKS,
    "webhook": HOOKS,
    "webhook-new": HOOKS,
    "webhook-edit": HOOKS,
    "webhook-message": HOOKS,
}
"""What is looked at, and the scope it needs."""
ALSO = {"bulk-preview": {"executions:pause"}}
"""Scopes that are needed besides, as the address is asked for here."""
STREAM = "stream"
"""Answers a program, in its own tests: test_stream.py."""
ACTS = {
    "executions-display", "views", "view-replace", "view-rename", "view-share", "view-delete", "execution-amend-check",
    "execution-pause", "execution-resume", "execution-cancel", "execution-extend", "execution-retry", "execution-skip",
    "execution-fork", "execution-label", "execution-emit", "execution-place", "execution-amend",
    "execution-replace-file", "hold-annotate", "hold-release", "hold-hand-over", "question-answer", "freeze-place",
    "freeze-lift", "desk-annotate", "desk-release", "desk-hand-over", "bulk-begin", "bulk-stop", "inbox-answer",
    "launch-workflow", "audit-verify", "audit-export", "settings-profile-save", "settings-theme", "reason-add",
    "reason-change", "reason-move", "reason-delete", "label-rule-save", "label-rule-remove", "token-create",
    "token-revoke", "person-reset-factor", "webhook-create", "webhook-change", "webhook-rotate", "webhook-disable",
    "webhook-enable", "webhook-delete", "webhook-test", "webhook-replay", "webhook-replay-failed",
}  # fmt: skip
"""What is done, by POST alone."""
TOLD = {
    "executions:pause": {"execution-resume"},
    "holds:place": {"desk-hand-over", "hold-hand-over"},
    "holds:release": {"desk-release", "hold-release"},
}
"""Scope → acts whose answer quotes a hold: its words belong to whoever it stops, places such, or releases it."""
SECRET = "Nightingale"
"""In all that is there, and nowhere in the console's own words."""


@pytest.fixture
def addresses(cast, launch, ask, program) -> Callable[[str], str]:  # noqa: F811
    """Things on every page, all of them with a secret; returns the address of a route about them."""
    admin = cast.actor("admin")
    run = launch("filing", {"note": SECRET}, title=f"{SECRET} run", labels={"project": SECRET}, files=[("a.txt", b"x")])
    hold = commands.place(admin, run.pk, reason=f"{SECRET} hold")
    freeze = commands.freeze(admin, workflow="nobody", reason=f"{SECRET} freeze")
    asked = ask(run, prompt=f"{SECRET} question")
    view = save_view(admin, name=f"{SECRET} view", query="state=failed", shared=True)
    template = add_reason(admin, text=f"{SECRET} reason")
    set_label_rule(admin, "project", description=SECRET, values=[SECRET])
    body = {"command": "cancel", "ids": [str(run.pk)], "reason": SECRET, "rate": 0.01}
    job = program("admin").post("/v1/bulk", body).json()
    token, _ = commands.create_token(admin, cast.admin, name=f"{SECRET} token")
    User.objects.create(username=f"{SECRET}-person", first_name=SECRET)
    hook = commands.create_webhook(admin, url=f"https://8.8.8.8/{SECRET}", kinds=["*"], description=SECRET)
    message = commands.test_webhook(admin, hook.pk)
    told = {
        "endpoint_id": hook.pk, "delivery_id": message.pk,
        "view_id": view.pk, "execution_id": run.pk, "hold_id": hold.pk, "suspension_id": asked.pk,
        "condition_id": uuid.uuid4(), "freeze_id": freeze.pk, "job_id": job["id"], "template_id": template.pk,
        "token_id": token.pk, "user_id": cast.operator.pk, "seq": 1, "name": "noop", "ledger": str(run.pk),
        "role": "operator", "token": "no-such-token",
    }  # fmt: skip
    queries = {"execution-file": "?name=a.txt", "execution-file-diff": "?name=a.txt", "launch": "?workflow=noop"}
    queries |= {"bulk-preview": f"?command=pause&run={run.pk}"}
    routes = {each.name: str(each.pattern) for each in urlpatterns}

    def address(name: str) -> str:
        parts = ["/" + routes[name]]
        for key, value in told.items():
            for kind in ("uuid", "int", "str"):
                parts[0] = parts[0].replace(f"<{kind}:{key}>", str(value))
        assert "<" not in parts[0], parts
        return parts[0] + queries.get(name, "")

    return address


def person(*scopes: str) -> Client:
    """Return somebody signed in who has these scopes and no role."""
    user = User.objects.create(username=f"p{uuid.uuid4().hex[:8]}")
    user.user_permissions.set(Permission.objects.filter(codename__in=[SCOPES[scope] for scope in scopes]))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return confirm(client)


def text_of(answer: Any) -> str:
    if answer.streaming:
        answer.close()
        return ""
    return answer.content.decode(errors="replace")


def test_every_address_is_in_the_table():
    names = {each.name for each in urlpatterns}
    assert names == {*PAGES, *ACTS, STREAM}


@pytest.mark.parametrize("role", [*ROLES, "outsider"])
def test_a_role_opens_the_pages_of_its_scopes(role, cast, addresses):
    client = confirm(cast.client(role))
    for name, scope in PAGES.items():
        answer = client.get(addresses(name))
        scopes = set(ROLES.get(role, ()))
        closed = not ({*ALSO.get(name, set()), *([scope] if scope else [])} <= scopes)
        assert (answer.status_code == 403) == closed, f"{role} at {name}: {answer.status_code}"
        assert answer.status_code < 500, name
        if answer.status_code == 403:
            assert SECRET not in text_of(answer), f"{role} at {name}"


@pytest.mark.parametrize("scope", ["", *TOLD])
def test_no_answer_to_a_form_shows_what_its_sender_may_not_see(scope, addresses):
    client = person(*([scope] if scope else []))
    told = TOLD.get(scope, set())
    leaks = []
    for headers in ({}, {"HX-Request": "true", "HX-Target": "run"}):
        for name in sorted(ACTS - told) + sorted(told):  # what was done is said on the next page
            answer = client.post(addresses(name), {"name": "x", "command": "pause", "reason": "Why"}, headers=headers)
            assert answer.status_code < 500, name
            if SECRET in text_of(answer) and name not in told:
                leaks.append((name, answer.status_code, bool(headers)))
    assert not leaks


def test_acts_are_done_by_post_alone_and_not_from_elsewhere(cast, addresses):
    client = confirm(cast.client("admin"))
    strict = cast.client("admin", enforce_csrf_checks=True)
    for name in sorted(ACTS):
        if name not in PAGES:
            assert client.get(addresses(name)).status_code == 405, name
        assert strict.post(addresses(name), {}).status_code == 403, name


def test_strangers_are_sent_to_the_sign_in(addresses):
    for name in {*PAGES, *ACTS}:
        for method in ("get", "post"):
            answer = getattr(Client(), method)(addresses(name))
            assert SECRET not in text_of(answer), name
            assert answer.status_code in (302, 401, 405), f"{name}: {answer.status_code}"


def test_no_page_is_kept_by_a_cache(cast, addresses):
    client = confirm(cast.client("admin"))
    for name in PAGES:
        answer = client.get(addresses(name))
        assert answer.status_code == 404 or "no-store" in answer.headers.get("Cache-Control", ""), name
