"""Ways to somebody else's account, or back to one's own, by way of the provider."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User

from tests.security.by_provider import START, name_of, sign_in

pytestmark = pytest.mark.django_db


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
