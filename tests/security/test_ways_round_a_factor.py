"""Ways round a required second factor, and round the record of a password."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from console import required_factor
from executions.models import SYSTEM_LEDGER, Event
from tests.support.confirming import confirm
from tests.support.factors import give_app

pytestmark = pytest.mark.django_db
SECURITY = "/settings/security/"


def test_a_factor_that_was_taken_away_stops_every_session_before_long(cast, settings, monkeypatch):
    settings.HOLDPOINT_REQUIRE_MFA = "all"
    give_app(cast.operator)
    client = confirm(cast.client("operator"))
    assert client.get("/executions").status_code == 200

    Authenticator.objects.filter(user=cast.operator).delete()  # by an administrator, or in another browser
    later = required_factor.now() + required_factor.REMEMBERED_SECONDS + 1
    monkeypatch.setattr(required_factor, "now", lambda: later)

    assert client.get("/executions")["Location"] == SECURITY


@pytest.mark.parametrize(
    "path",
    [
        "/executions",
        "/executions/changes",
        "/inbox/count",
        "/settings/tokens",
        "/settings/people",
        "/admin/",
        "/admin/auth/user/",
        "/audit/export",
        "/launch",
        "/help",
        "/system",
        "/settings/profile",
    ],
)
def test_no_page_opens_without_a_required_factor(path, cast, settings):
    settings.HOLDPOINT_REQUIRE_MFA = "all"
    client = cast.client("admin")
    for headers in ({}, {"HX-Request": "true", "HX-Target": "list"}):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer["Location"]) == (302, SECURITY), headers


@pytest.mark.parametrize("path", ["/v1/async-executions", "/stream", "/v1/bulk", "/v1/openapi.json"])
def test_no_program_gets_by_with_the_session_alone(path, cast, settings):
    settings.HOLDPOINT_REQUIRE_MFA = "all"
    assert cast.client("admin").get(path).status_code == 403


def test_the_admins_own_form_changes_no_password(cast):
    client = cast.client("admin")
    new = "another long passphrase 7"
    form = {"old_password": cast.password, "new_password1": new, "new_password2": new}

    client.post("/admin/password_change/", form)

    cast.admin.refresh_from_db()
    told = Event.objects.filter(ledger=SYSTEM_LEDGER, kind="account.password_changed")
    assert cast.admin.check_password(new) is told.exists(), "no password changes unrecorded"
    answer = client.get("/admin/password_change/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/change/")


def test_an_administrators_password_for_another_is_on_record(cast):
    client = confirm(cast.client("admin"))
    new = "another long passphrase 7"
    form = {"password1": new, "password2": new, "usable_password": "true"}

    client.post(f"/admin/auth/user/{cast.operator.pk}/password/", form)

    line = Event.objects.get(ledger=SYSTEM_LEDGER, kind="account.password_changed")
    assert json.loads(line.data)["how"] == "given"


def test_a_stranger_with_the_password_alone_sees_nothing(cast):
    give_app(cast.operator)
    client = Client()
    client.post("/accounts/login/", {"login": "operator", "password": cast.password})
    for path in (SECURITY, f"{SECURITY}totp/deactivate/", f"{SECURITY}recovery-codes/", "/settings/tokens/new"):
        assert client.get(path)["Location"].startswith("/accounts/login/"), path
    client.post(f"{SECURITY}totp/deactivate/")
    assert Authenticator.objects.filter(user=cast.operator).exists()
