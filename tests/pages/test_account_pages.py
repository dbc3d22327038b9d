"""Sign-in, password and error pages: our frame, nothing inline, every route allauth offers under /accounts/."""

import re

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client

pytestmark = pytest.mark.django_db

INLINE = re.compile(r"<script(?![^>]*\b(?:src=|type=.application/json))|<style|\sstyle=|\son\w+=", re.IGNORECASE)
"""What the Content Security Policy would block; a JSON data block is no script."""


@pytest.fixture
def person() -> User:
    return User.objects.create_user("maria", "maria@example.org", "a long enough passphrase")


def test_sign_in_asks_for_name_and_password_in_our_frame(client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()

    assert '<body class="bare">' in page
    assert 'name="login"' in page
    assert 'name="password"' in page
    assert not INLINE.search(page)


def test_a_wrong_password_is_told_beside_the_form_and_the_name_is_kept(client: Client, person: User) -> None:
    page = client.post("/accounts/login/", {"login": "maria", "password": "wrong"}).content.decode()

    assert 'role="alert"' in page
    assert 'value="maria"' in page


def test_the_right_password_leads_to_the_executions(client: Client, person: User) -> None:
    answer = client.post("/accounts/login/", {"login": "maria", "password": "a long enough passphrase"})

    assert (answer.status_code, answer["Location"]) == (302, "/executions")


def test_next_leads_on_after_sign_in_but_never_to_another_host(client: Client, person: User) -> None:
    filled = {"login": "maria", "password": "a long enough passphrase"}

    assert client.post("/accounts/login/", {**filled, "next": "/audit"})["Location"] == "/audit"
    client.logout()
    assert client.post("/accounts/login/", {**filled, "next": "https://evil.example/"})["Location"] == "/executions"


@pytest.mark.parametrize(
    "path", ["/accounts/logout/", "/accounts/password/change/", "/accounts/reauthenticate/", "/accounts/email/"]
)
def test_pages_of_ones_own_account_wear_our_frame(client: Client, person: User, path: str) -> None:
    client.force_login(person)

    page = client.get(path, follow=True).content.decode()

    assert 'class="brand"' in page
    assert not INLINE.search(page)


def test_signing_out_needs_a_post(client: Client, person: User) -> None:
    client.force_login(person)

    assert client.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_nobody_signs_up_by_themselves(client: Client) -> None:
    assert "Accounts are made by an administrator" in client.get("/accounts/signup/").content.decode()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_comes_in_the_theme_that_was_chosen(client: Client, theme: str) -> None:
    client.cookies["theme"] = theme

    assert f'data-theme="{theme}"' in client.get("/accounts/login/").content.decode()


def test_a_forged_theme_is_ignored(client: Client) -> None:
    client.cookies["theme"] = '"><script>'

    page = client.get("/accounts/login/").content.decode()

    assert "data-theme" not in page
    assert not INLINE.search(page)


@pytest.mark.parametrize("name", ["403.html", "404.html", "500.html", "503.html", "403_csrf.html"])
def test_error_pages_need_nothing_from_the_request(name: str) -> None:
    page = render_to_string(name)

    assert "<h1>" in page
    assert not INLINE.search(page)


def test_an_unknown_address_gets_our_404(client: Client) -> None:
    answer = client.get("/no/such/page")

    assert answer.status_code == 404
    assert "Nothing is here" in answer.content.decode()
