"""The sign-in page names the demo people in demo mode, and only then."""

import pytest

pytestmark = pytest.mark.django_db
URL = "/accounts/login/"


def test_demo_people_are_named_in_demo_mode_without_their_password(client, settings, cast):
    settings.HOLDPOINT_DEMO = True

    page = client.get(URL).content.decode()

    for name in ("operator", "reviewer", "reviewer2", "auditor", "admin"):
        assert f'<th scope="row">{name}</th>' in page
    assert cast.password not in page


def test_nobody_is_named_otherwise(client, settings):
    settings.HOLDPOINT_DEMO = False

    assert "Demo people" not in client.get(URL).content.decode()


def test_signing_in_leads_to_where_one_wanted_to_go(client, cast):
    sent = {"login": "operator", "password": cast.password, "next": "/executions?state=paused"}

    assert client.post(URL, sent).url == "/executions?state=paused"
    assert client.post(URL, sent | {"next": "https://elsewhere.example/"}).url == "/executions"


def test_a_wrong_password_is_refused_in_words(client, cast):
    page = client.post(URL, {"login": "operator", "password": "wrong"})

    assert "Name or password is not right" in page.content.decode()


def test_an_installation_without_anybody_says_how_to_make_the_first_person(client, db, django_user_model, settings):
    settings.HOLDPOINT_DEMO = False
    assert "manage.py createsuperuser" in client.get("/accounts/login/").content.decode()
    django_user_model.objects.create_user("ada")
    assert "createsuperuser" not in client.get("/accounts/login/").content.decode()
