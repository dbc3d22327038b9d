"""API tokens in the settings: made for oneself, shown once, revoked at once."""

import datetime
import re

import pytest
from django.test import Client
from django.utils import timezone

from executions import commands
from executions.actors import SYSTEM
from executions.errors import Invalid, NotAllowed
from executions.models import SYSTEM_LEDGER, ApiToken, Event
from tests.support.confirming import confirm

pytestmark = pytest.mark.django_db
URL = "/settings/tokens"


def make(client, **changes):
    sent = {"name": "CI", "scopes": ["executions:read"], "days": "90", **changes}
    return confirm(client).post(f"{URL}/create", sent)


def test_a_token_is_shown_once_works_and_is_stored_as_a_digest(cast):
    client = cast.client("operator")

    page = make(client)
    (text,) = set(re.findall(r"hp_[\w-]{43}", page.content.decode()))

    assert page["Cache-Control"] == "no-store"
    token = ApiToken.objects.get()
    assert (token.owner, token.name, token.scopes) == (cast.operator, "CI", ["executions:read"])
    assert datetime.timedelta(days=89) < token.expires_at - timezone.now() < datetime.timedelta(days=91)
    assert text not in client.get(URL).content.decode()
    assert text not in str(Event.objects.filter(ledger=SYSTEM_LEDGER).last().data)
    assert Client().get("/v1/async-executions", headers={"Authorization": f"Bearer {text}"}).status_code == 200

    client.post(f"{URL}/{token.pk}/revoke", {"reason": "Not needed"})

    assert Client().get("/v1/async-executions", headers={"Authorization": f"Bearer {text}"}).status_code == 401
    line = Event.objects.filter(ledger=SYSTEM_LEDGER).order_by("seq").last()
    assert (line.kind, line.reason, line.actor_name) == ("token.revoked", "Not needed", "operator")
    assert "revoked" in client.get(URL).content.decode()


def test_making_one_asks_for_the_password_again(cast):
    client = cast.client("operator")

    assert client.get(f"{URL}/new")["Location"] == "/accounts/reauthenticate/?next=%2Fsettings%2Ftokens%2Fnew"
    sent = client.post(
        f"{URL}/create",
        {"name": "CI", "scopes": ["executions:read"]},
        headers={"Referer": f"http://testserver{URL}/new"},
    )
    assert sent["Location"] == "/accounts/reauthenticate/?next=%2Fsettings%2Ftokens%2Fnew"
    assert not ApiToken.objects.exists()
    answer = client.post("/accounts/reauthenticate/?next=/settings/tokens/new", {"password": cast.password})
    assert answer["Location"] == f"{URL}/new"
    assert client.get(f"{URL}/new").status_code == 200


def test_the_form_offers_what_one_may_and_the_command_refuses_the_rest(cast):
    client = confirm(cast.client("auditor"))

    page = client.get(f"{URL}/new").content.decode()

    assert 'value="audit:read"' in page
    assert 'value="executions:cancel"' not in page
    assert make(client, scopes=["executions:cancel"]).status_code == 403
    assert make(client, scopes=[]).status_code == 422
    assert make(client, name=" ").status_code == 422
    assert make(client, days="9999999").status_code == 422
    assert not ApiToken.objects.exists()


def test_people_see_their_own_and_admins_everybodys(cast, django_assert_max_num_queries):
    for name in ("operator", "reviewer"):
        commands.create_token(SYSTEM, getattr(cast, name), name=f"of {name}")
    theirs = ApiToken.objects.get(owner=cast.reviewer)
    operator, admin = cast.client("operator"), cast.client("admin")

    page = operator.get(URL, {"all": "1"}).content.decode()
    assert "of operator" in page
    assert "of reviewer" not in page
    assert operator.post(f"{URL}/{theirs.pk}/revoke").status_code == 404
    with django_assert_max_num_queries(8):
        page = admin.get(URL, {"all": "1"}).content.decode()
    assert "of operator" in page
    assert "of reviewer" in page
    assert "of reviewer" not in admin.get(URL).content.decode()
    assert admin.post(f"{URL}/{theirs.pk}/revoke").status_code == 303
    theirs.refresh_from_db()
    assert theirs.revoked_at is not None


def test_long_lists_are_paged(cast):
    for number in range(52):
        commands.create_token(SYSTEM, cast.operator, name=f"nr {number}", scopes=["executions:read"])
    client = cast.client("operator")

    first = client.get(URL).content.decode()
    (following,) = re.findall(r'href="(/settings/tokens\?cursor=[^"]+)"', first)

    assert "nr 51" in first
    assert "nr 1<" not in first
    assert "nr 1<" in client.get(following).content.decode()
    assert client.get(URL, {"cursor": "nonsense"}).status_code == 422


def test_commands_on_tokens_are_for_their_owner(cast):
    token, _ = commands.create_token(cast.actor("operator"), cast.operator, name="mine")
    with pytest.raises(NotAllowed, match="your own"):
        commands.create_token(cast.actor("operator"), cast.reviewer, name="theirs")
    with pytest.raises(NotAllowed, match="your own"):
        commands.revoke_token(cast.actor("reviewer"), token)
    past = timezone.now() - datetime.timedelta(minutes=1)
    with pytest.raises(Invalid):
        commands.create_token(cast.actor("operator"), cast.operator, name="late", expires_at=past)
    commands.revoke_token(cast.actor("admin"), token)


def test_who_may_nothing_is_told_so(cast):
    assert "You cannot make tokens yet" in cast.client("outsider").get(URL).content.decode()
