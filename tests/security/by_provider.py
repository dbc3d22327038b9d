"""Sign-in by a provider, as the tests go through it: against a small one that really answers on loopback."""

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client

from console.stack import services
from executions.models import SYSTEM_LEDGER, Event
from tests.support.provider import running_provider

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
