"""Sign-ins, failed ones, sign-outs, passwords and what administrators do to people and groups: all on record."""

import json

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import DatabaseError
from django.test import Client

from console import admin
from executions.models import SYSTEM_LEDGER, Event

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.ACCOUNT_RATE_LIMITS = False


def lines(*families: str) -> list[tuple[str, str, dict]]:
    """Return kind, actor's name and data of the system's lines of some families, in order."""
    found = Event.objects.filter(ledger=SYSTEM_LEDGER).order_by("seq")
    return [
        (each.kind, each.actor_name, json.loads(each.data)) for each in found if each.kind.partition(".")[0] in families
    ]


def test_signing_in_and_out_is_on_record(cast):
    client = Client()

    client.post(LOGIN, {"login": "operator", "password": cast.password})
    client.post("/accounts/logout/")

    assert lines("account") == [
        ("account.signed_in", "operator", {"by": ["password"]}),
        ("account.signed_out", "operator", {}),
    ]


def test_a_failed_sign_in_names_the_account_and_never_what_else_was_typed(cast):
    client = Client()

    client.post(LOGIN, {"login": "Operator", "password": "wrong"})
    client.post(LOGIN, {"login": "operator@demo.invalid", "password": "wrong"})
    client.post(LOGIN, {"login": "my secret passphrase", "password": "wrong"})

    told = lines("account")
    assert {kind for kind, _, _ in told} == {"account.sign_in_failed"}
    assert {who for _, who, _ in told} == {"somebody"}
    assert [data["account"] for _, _, data in told] == ["operator", "operator", None]
    assert not Event.objects.filter(data__contains="my secret").exists()


def test_a_changed_password_is_on_record_without_itself(cast):
    client = cast.client("operator")
    new = "another long passphrase 7"

    client.post("/accounts/password/change/", {"oldpassword": cast.password, "password1": new, "password2": new})

    ((kind, who, data),) = [line for line in lines("account") if line[0] != "account.signed_out"]
    assert (kind, who, data["how"], data["name"]) == ("account.password_changed", "operator", "changed", "operator")
    assert not Event.objects.filter(data__contains=new).exists()


def person_form(user: User, **changes) -> dict:
    """Return the admin's form of a person as a browser sends it."""
    sent = {
        "username": user.username,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "groups": [group.pk for group in user.groups.all()],
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        **{flag: "on" for flag in ("is_active", "is_staff", "is_superuser") if getattr(user, flag)},
    }
    return {name: value for name, value in {**sent, **changes}.items() if value is not None}


def test_what_an_administrator_does_to_people_is_on_record_with_before_and_after(cast):
    client, person = cast.client("admin"), cast.operator
    url = f"/admin/auth/user/{person.pk}/change/"
    reviewers = Group.objects.get(name="reviewer")

    assert client.post(url, person_form(person, groups=[reviewers.pk])).status_code == 302
    assert client.post(url, person_form(person, groups=[reviewers.pk])).status_code == 302
    assert client.post(url, person_form(person, groups=[reviewers.pk], is_active=None)).status_code == 302

    first, second = lines("account")
    assert first == (
        "account.changed",
        "admin",
        {
            "account": person.pk,
            "name": "operator",
            "before": {"groups": ["operator"]},
            "after": {"groups": ["reviewer"]},
        },
    )
    assert second[2]["after"] == {"is_active": False}


def test_people_made_deleted_and_given_passwords_are_on_record(cast):
    client = cast.client("admin")
    password = "correct horse battery 9"
    sent = {"username": "mara", "usable_password": "true", "password1": password, "password2": password}

    client.post("/admin/auth/user/add/", sent)
    mara = User.objects.get(username="mara")
    given = {"usable_password": "true", "password1": password + "!", "password2": password + "!"}
    client.post(f"/admin/auth/user/{mara.pk}/password/", given)
    client.post(f"/admin/auth/user/{mara.pk}/delete/", {"post": "yes"})

    assert [kind for kind, _, _ in lines("account")] == [
        "account.created",
        "account.password_changed",
        "account.deleted",
    ]
    assert lines("account")[1][2]["how"] == "given"
    assert not Event.objects.filter(data__contains=password).exists()


def test_a_password_that_cannot_be_put_on_record_is_not_given(cast, monkeypatch):
    client, person = cast.client("admin"), cast.reviewer
    given = {"usable_password": "true", "password1": "correct horse 9!", "password2": "correct horse 9!"}

    def broken(*_, **__):
        raise DatabaseError

    monkeypatch.setattr(admin, "record_password", broken)
    with pytest.raises(DatabaseError):
        client.post(f"/admin/auth/user/{person.pk}/password/", given)
    assert User.objects.get(pk=person.pk).password == person.password


def test_groups_and_their_permissions_are_on_record(cast):
    client = cast.client("admin")
    pause = Permission.objects.get(codename="pause_execution")

    client.post("/admin/auth/group/add/", {"name": "night shift", "permissions": [pause.pk]})
    night = Group.objects.get(name="night shift")
    client.post(f"/admin/auth/group/{night.pk}/change/", {"name": "night shift", "permissions": []})
    client.post("/admin/auth/group/", {"action": "delete_selected", "_selected_action": [night.pk], "post": "yes"})

    assert [(kind, data["name"]) for kind, _, data in lines("group")] == [
        ("group.created", "night shift"),
        ("group.changed", "night shift"),
        ("group.deleted", "night shift"),
    ]
    assert lines("group")[1][2]["before"] == {"permissions": ["pause_execution"]}


def test_what_has_a_page_of_its_own_is_not_in_the_admin(cast):
    page = cast.client("admin").get("/admin/").content.decode()

    assert "/admin/auth/user/" in page
    for gone in ("mfa/authenticator", "socialaccount", "account/emailaddress"):
        assert gone not in page
