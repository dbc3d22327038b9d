"""Sign-in by a provider, against a small one that really answers on loopback."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from console.stack import environment, services
from tests.security.by_provider import START, lines, name_of, sign_in
from tests.support.factors import give_app

pytestmark = pytest.mark.django_db


def test_known_people_sign_in_by_their_verified_address_and_then_by_the_providers_id(cast, provider):
    assert "Sign in with Example SSO" in Client().get("/accounts/login/").content.decode()

    client, answer = sign_in(provider)
    assert answer["Location"] == "/executions"
    assert name_of(client) == "reviewer"
    assert lines("account.signed_in") == [("reviewer", {"by": ["oidc"]})]
    assert len(provider.verifiers[0]) > 40, "PKCE"
    ((who, data),) = lines("account.identity_added")
    assert (who, data["name"], data["account"]) == ("OpenID Connect", "reviewer", cast.reviewer.pk)
    assert data["subject"]

    again, _ = sign_in(provider, email="renamed@example.com")
    assert name_of(again) == "reviewer"
    assert len(lines("account.identity_added")) == 1, "tied once"


@pytest.mark.parametrize(
    "claims", [{"email": "nobody@example.com"}, {"email_verified": False}, {"email": ""}, {"email_verified": "false"}]
)
def test_whoever_has_no_account_or_no_verified_address_is_told_so(cast, provider, claims):
    before = User.objects.count()

    client, answer = sign_in(provider, **claims)

    assert answer.status_code == 403
    assert "You have no account here" in answer.content.decode()
    assert name_of(client) is None
    assert User.objects.count() == before


def test_accounts_are_made_only_where_the_settings_say_so(cast, provider, settings):
    settings.HOLDPOINT_OIDC["PROVISION"] = True

    client, answer = sign_in(provider, sub="new", email="new@example.com", preferred_username="nadia")

    assert answer["Location"] == "/executions"
    assert name_of(client) == "nadia"
    made = User.objects.get(username="nadia")
    assert not made.has_usable_password()
    assert not made.groups.exists()
    ((who, data),) = lines("account.created")
    assert (who, data["name"]) == ("OpenID Connect", "nadia")
    assert [(data["name"], data["subject"]) for _, data in lines("account.identity_added")] == [("nadia", "new")]


def test_groups_follow_the_claim_at_each_sign_in(cast, provider, settings):
    settings.HOLDPOINT_OIDC["GROUPS_CLAIM"] = "groups"

    sign_in(provider, groups=["auditor", "no-such-group", 7])
    assert [group.name for group in cast.reviewer.groups.all()] == ["auditor"]
    assert not Group.objects.filter(name="no-such-group").exists()
    sign_in(provider, groups=[])
    assert not cast.reviewer.groups.exists()
    sign_in(provider)
    for odd in (7, True, {"auditor": 1}):
        client, answer = sign_in(provider, groups=odd)
        assert (answer.status_code, name_of(client)) == (502, None)

    told = [data["after"] for _, data in lines("account.changed")]
    assert told == [{"groups": ["auditor"]}, {"groups": []}]


def test_a_second_factor_set_up_here_is_asked_for_after_the_provider_too(cast, provider):
    give_app(cast.reviewer)

    client, answer = sign_in(provider)

    assert answer["Location"] == "/settings/security/authenticate/"
    assert name_of(client) is None


def test_people_shut_out_stay_out(cast, provider):
    sign_in(provider)
    User.objects.filter(pk=cast.reviewer.pk).update(is_active=False)

    client, _ = sign_in(provider)

    assert name_of(client) is None


def test_a_forged_or_broken_answer_signs_nobody_in(cast, provider):
    client = Client()
    client.get(START)
    assert client.get("/accounts/oidc/login/callback/?code=the-code&state=forged").status_code == 502
    provider.broken = True
    assert Client().get(START).status_code == 502
    assert name_of(client) is None


def test_without_a_provider_there_is_no_button_and_no_address(client):
    assert "Sign in with " not in client.get("/accounts/login/").content.decode().replace("Sign in with a passkey", "")
    assert client.get(START).status_code == 404


@pytest.mark.parametrize("address", ["http://login.example.com", "login.example.com", "https://x/?a=1"])
def test_an_issuer_that_cannot_be_right_is_refused_at_start(address, monkeypatch):
    monkeypatch.setenv("HOLDPOINT_OIDC_ISSUER", address)
    with pytest.raises(ImproperlyConfigured, match="HOLDPOINT_OIDC_ISSUER must look like"):
        environment.provider("HOLDPOINT_OIDC_ISSUER")
    with pytest.raises(ImproperlyConfigured, match="HOLDPOINT_OIDC_CLIENT_ID"):
        services.oidc_provider("https://x", name="", client_id="", secret="")
