"""Second factors: set up, asked for at the sign-in, reset by an administrator, required by a setting."""

import json
import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client

from executions.models import SYSTEM_LEDGER, Event
from tests.support.confirming import confirm
from tests.support.factors import code_of, give_app

pytestmark = pytest.mark.django_db
SECURITY = "/settings/security/"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


def kinds() -> list[str]:
    found = Event.objects.filter(ledger=SYSTEM_LEDGER, kind__startswith="second_factor").order_by("seq")
    return [each.kind.partition(".")[2] for each in found]


def test_an_app_is_set_up_by_a_code_and_recovery_codes_come_with_it(cast, django_capture_on_commit_callbacks):
    client = cast.client("operator")
    assert client.get(f"{SECURITY}totp/activate/")["Location"].startswith("/accounts/reauthenticate/")
    page = confirm(client).get(f"{SECURITY}totp/activate/").content.decode()
    (secret,) = re.findall(r'data-copy="([A-Z2-7]{16,})"', page)
    assert 'src="data:image/svg+xml;base64,' in page

    wrong = client.post(f"{SECURITY}totp/activate/", {"code": "000000"})
    assert "This code is not right" in wrong.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{SECURITY}totp/activate/", {"code": code_of(secret)})

    assert answer["Location"] == f"{SECURITY}recovery-codes/"
    assert "10 left of 10" in client.get(answer["Location"]).content.decode()
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored, "the database alone opens nothing"
    assert "added" in kinds()
    assert "badge" in client.get(SECURITY).content.decode()


def test_the_sign_in_asks_for_the_code_and_takes_a_recovery_code_once(cast):
    secret = give_app(cast.operator)
    client = Client()

    first = client.post("/accounts/login/", {"login": "operator", "password": cast.password})
    assert first["Location"] == f"{SECURITY}authenticate/"
    assert client.get("/executions").status_code == 302, "not signed in yet"
    assert "not right" in client.post(first["Location"], {"code": "123456"}).content.decode()
    assert client.post(first["Location"], {"code": code_of(secret)})["Location"] == "/executions"

    assert client.get("/executions").status_code == 200
    line = Event.objects.filter(ledger=SYSTEM_LEDGER, kind="account.signed_in").get()
    assert json.loads(line.data) == {"by": ["password", "totp"]}
    assert kinds() == ["refused"]


def test_an_administrator_resets_a_lost_one_with_a_reason(cast):
    give_app(cast.operator)
    url = f"/settings/people/{cast.operator.pk}/reset-second-factor"
    admin = confirm(cast.client("admin"))
    assert "authenticator app" in admin.get("/settings/people").content.decode()

    assert admin.post(url, {"reason": " "}).status_code == 422
    assert admin.post(url, {"reason": "Lost the phone; called back on the known number"}).status_code == 303
    assert admin.post(url, {"reason": "Again"}).status_code == 409

    assert not Authenticator.objects.filter(user=cast.operator).exists()
    line = Event.objects.filter(ledger=SYSTEM_LEDGER, kind="second_factor.reset").get()
    assert (line.actor_name, line.reason[:14]) == ("admin", "Lost the phone")
    told = json.loads(line.data)
    assert (told["name"], told["factors"]) == ("operator", ["totp"])


def test_the_reset_asks_who_one_is_again_and_is_for_administrators(cast):
    give_app(cast.operator)
    url = f"/settings/people/{cast.operator.pk}/reset-second-factor"

    assert cast.client("admin").post(url, {"reason": "x"})["Location"].startswith("/accounts/reauthenticate/")
    assert confirm(cast.client("reviewer")).post(url, {"reason": "x"}).status_code == 403
    assert cast.client("reviewer").get("/settings/people").status_code == 403
    assert Authenticator.objects.filter(user=cast.operator).exists()


def test_people_are_listed_at_a_constant_cost(cast, django_assert_max_num_queries):
    client = cast.client("admin")
    with django_assert_max_num_queries(12):
        page = client.get("/settings/people").content.decode()
    assert "Rita Reviewer" in page


def test_an_auditor_sees_who_may_do_what_and_resets_nothing(cast):
    give_app(cast.operator)
    cast.operator.user_permissions.add(Permission.objects.get(codename="place_hold"))
    page = cast.client("auditor").get("/settings/people").content.decode()
    assert "and holds:place" in page, "a right of one's own"
    assert "Correct payloads and files" in page
    assert "authenticator app" in page
    assert "/reset-second-factor" not in page
    assert (
        confirm(cast.client("auditor"))
        .post(f"/settings/people/{cast.operator.pk}/reset-second-factor", {"reason": "x"})
        .status_code
        == 403
    )


@pytest.mark.parametrize(
    ("required", "stopped"), [("none", set()), ("admins", {"admin"}), ("all", {"admin", "operator"})]
)
def test_who_must_have_one_gets_no_further_without(cast, settings, required, stopped):
    settings.HOLDPOINT_REQUIRE_MFA = required
    for name in ("admin", "operator"):
        client = cast.client(name)
        answer = client.get("/executions")
        assert (answer.status_code == 302) is (name in stopped), name
        if name in stopped:
            assert answer["Location"] == SECURITY
            page = client.get(SECURITY).content.decode()
            assert "Your role needs a second factor" in page
            assert client.get("/v1/async-executions").status_code == 403
            assert client.post("/accounts/logout/").status_code == 302


def test_with_one_set_up_it_costs_a_query_once_and_removing_it_stops_one_again(cast, settings):
    settings.HOLDPOINT_REQUIRE_MFA = "all"
    give_app(cast.operator)
    client = confirm(cast.client("operator"))

    assert client.get("/executions").status_code == 200
    assert client.session["has_second_factor"]
    client.post(f"{SECURITY}totp/deactivate/")

    assert client.get("/executions")["Location"] == SECURITY
    assert kinds() == ["removed"]


def test_every_page_about_it_wears_our_frame(cast):
    give_app(cast.operator)
    client = confirm(cast.client("operator"))

    for path in ("", "webauthn/", "webauthn/add/", "totp/deactivate/", "recovery-codes/generate/", "reauthenticate/"):
        page = client.get(SECURITY + path)
        assert page.status_code == 200, path
        text = page.content.decode()
        assert 'class="brand"' in text, path
        assert not re.search(r"<script(?![^>]*\b(?:src=|type=.application/json))|\sstyle=", text), path
    client.post(f"{SECURITY}recovery-codes/generate/")
    assert "10 left of 10" in client.get(f"{SECURITY}recovery-codes/").content.decode()
    assert len(client.get(f"{SECURITY}recovery-codes/download/").content.split()) >= 10


def test_a_secret_of_another_installation_key_fits_no_code(cast, settings):
    secret = give_app(cast.operator)
    client = Client()
    client.post("/accounts/login/", {"login": "operator", "password": cast.password})
    settings.SECRET_KEY = "another key of the same length, as after a restore"

    answer = client.post(f"{SECURITY}authenticate/", {"code": code_of(secret)})

    assert answer.status_code in (200, 302)
    assert client.get("/executions").status_code == 302
