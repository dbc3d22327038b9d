"""Passkeys and an authenticator app in Chromium, with a virtual authenticator and no policy violation."""

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.factors import code_of

PATIENT = 10
"""Seconds in which a code is typed and sent; the machine may be busy."""

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def address(web) -> str:
    """The console under a name: browsers bind passkeys to names, not to numbers."""
    return web.url.replace("127.0.0.1", "localhost")


def confirm_with_password(page: Page, password: str) -> None:
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Confirm").click()


def sign_in_by_password(page: Page, address: str, name: str, password: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.get_by_label("Username or email").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).not_to_have_url(re.compile("/accounts/login/"))


def test_a_passkey_is_added_and_then_signs_in_alone(page: Page, context: BrowserContext, address, cast):
    Authenticator.objects.filter(user=cast.reviewer2).delete()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    sign_in_by_password(page, address, "reviewer2", cast.password)
    page.goto(f"{address}/settings/security/")

    page.get_by_role("link", name="Add one").click()
    confirm_with_password(page, cast.password)
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add it").click()

    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("signs in alone")).to_be_visible()

    page.context.clear_cookies()
    page.goto(f"{address}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile(r"/executions"))
    expect(page.locator("#user-menu")).to_contain_text("reviewer2")


def test_an_app_is_set_up_and_its_code_asked_for_at_the_next_sign_in(page: Page, address, cast):
    Authenticator.objects.filter(user=cast.auditor).delete()
    sign_in_by_password(page, address, "auditor", cast.password)
    page.goto(f"{address}/settings/security/")

    page.get_by_role("link", name="Set up").click()
    confirm_with_password(page, cast.password)
    picture = page.get_by_role("img", name=re.compile("QR code"))
    expect(picture).to_be_visible()
    loaded = "image => image.decode().then(() => image.naturalWidth > 0)"
    assert picture.evaluate(loaded), "the policy lets the picture through"
    secret = page.locator("[data-copy]").get_attribute("data-copy")
    page.get_by_label("Authenticator code").fill(code_of(secret, PATIENT))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()

    page.context.clear_cookies()
    sign_in_by_password(page, address, "auditor", cast.password)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_label("Code").fill("000000" if code_of(secret) != "000000" else "111111")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("This code is not right")).to_be_visible()
    page.get_by_label("Code").fill(code_of(secret, PATIENT))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(r"/executions"))
    Authenticator.objects.filter(user=cast.auditor).delete()
