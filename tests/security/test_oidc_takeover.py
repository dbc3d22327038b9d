"""Ways to somebody else's account, or back to one's own, by way of the provider."""

import json

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.test import Client

from console.stack import services
from executions.models import SYSTEM_LEDGER, Event
from tests.support.provider import running_provider

pytestmark = pytest.mark.django_db
START = "/accounts/oidc/login/"


@pytest.fixture
def provider(settings):
    with running_provider() as running:
        settings.HOLDPOINT_OIDC = {
            "ISSUER": running.issuer,
            "NAME": "Example SSO",
            "GROUPS_CLAIM": "",
            "PROVISION": False,
        }
        settings.SOCIALACCOUNT_PROVIDERS = services.oidc_provider(
            running.issuer, name="Example SSO", client_id="holdpoint", secret="between us"
        )
        yield running


def sign_in(provider, client: Client | None = None, **claims):
    """Go the whole way and return the client and the last answer."""
    provider.claims = {"sub": "rita-1", "email": "reviewer@demo.invalid", "email_verified": True, **claims}
    client = client or Client()
    sent = client.get(START)
    assert sent.status_code == 302, sent.content
    assert sent["Location"].startswith(f"{provider.issuer}/authorize?")
    back = provider.authorize(sent["Location"]).removeprefix("http://testserver")
    return client, client.get(back)


def name_of(client: Client) -> str | None:
    user_id = client.session.get("_auth_user_id")
    return User.objects.get(pk=user_id).username if user_id else None


def lines(kind: str) -> list[tuple[str, dict]]:
    found = Event.objects.filter(ledger=SYSTEM_LEDGER, kind=kind).order_by("seq")
    return [(each.actor_name, json.loads(each.data)) for each in found]


def test_no_address_lets_a_signed_in_person_take_another_identity_on(cast, provider, settings):
    settings.HOLDPOINT_OIDC["PROVISION"] = True
    client = cast.client("admin")
    provider.claims = {"sub": "mallory", "email": "mallory@example.com", "email_verified": True}

    sent = client.get(START, {"process": "connect"})
    if sent.status_code == 302 and sent["Location"].startswith(provider.issuer):
        client.get(provider.authorize(sent["Location"]).removeprefix("http://testserver"))

    assert not SocialAccount.objects.filter(user=cast.admin).exists()
    stranger, _ = sign_in(provider, sub="mallory", email="mallory@example.com")
    assert name_of(stranger) != "admin"


def test_people_shut_out_do_not_come_back_with_a_new_account(cast, provider, settings):
    settings.HOLDPOINT_OIDC["PROVISION"] = True
    User.objects.filter(pk=cast.reviewer.pk).update(is_active=False)
    before = User.objects.count()

    client, answer = sign_in(provider)

    assert answer.status_code == 403
    assert name_of(client) is None
    assert User.objects.count() == before


def test_an_address_that_nobody_verified_is_not_kept(cast, provider, settings):
    settings.HOLDPOINT_OIDC["PROVISION"] = True

    mallory, _ = sign_in(provider, sub="m", email="boss@example.com", email_verified=False, preferred_username="mal")
    boss, _ = sign_in(provider, sub="b", email="boss@example.com", preferred_username="boss")

    assert (name_of(mallory), name_of(boss)) == ("mal", "boss")
    assert User.objects.get(username="mal").email == ""
    assert EmailAddress.objects.get(email="boss@example.com").user.username == "boss"
