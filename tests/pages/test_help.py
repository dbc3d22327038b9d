"""Help: a page per role, each whole without a script, with pictures that exist."""

import re

import pytest
from django.contrib.staticfiles.finders import find

from console.pages.help import ROLES


@pytest.mark.parametrize(
    ("person", "role"),
    [
        ("operator", "operator"),
        ("reviewer", "reviewer"),
        ("auditor", "auditor"),
        ("admin", "operator"),
        ("outsider", "operator"),
    ],
)
def test_help_opens_at_what_one_does(cast, person, role):
    response = cast.client(person).get("/help")
    assert (response.status_code, response["Location"]) == (303, f"/help/{role}")


@pytest.mark.parametrize("role", ROLES)
def test_every_picture_is_there_in_light_and_dark_and_small(cast, role, django_assert_num_queries):
    client = cast.client("auditor")
    client.get("/help/operator")
    text = client.get(f"/help/{role}").content.decode()
    assert f"Help for {role}s" in text
    assert f'href="/help/{role}" aria-current="page"' in text
    pictures = re.findall(r'src="/static/(help/[^"]+)"', text)
    assert len(pictures) == 8
    for picture in pictures:
        path = find(picture)
        assert path is not None, f"{picture} is missing: python -m scripts.help_pictures"
        with open(path, "rb") as file:
            assert len(file.read()) <= 60 * 1024


def test_every_link_of_help_leads_to_a_page(cast):
    client = cast.client("admin")
    links = {
        link
        for role in ROLES
        for link in re.findall(r'href="(/[^"]*)"', client.get(f"/help/{role}").content.decode())
        if not link.startswith(("/static/", "/admin"))
    }
    assert {"/inbox", "/audit", "/executions?state=failed"} <= links
    assert {link: client.get(link, follow=True).status_code for link in sorted(links)} == dict.fromkeys(links, 200)


def test_there_is_no_help_for_other_roles(cast):
    assert cast.client("operator").get("/help/janitor").status_code == 404


def test_help_is_for_those_who_are_signed_in(client, db):
    assert client.get("/help/operator")["Location"].startswith("/accounts/login/")
