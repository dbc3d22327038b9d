"""Settings: a person's profile, and how it changes what every page shows."""

import datetime
import re

import pytest

from console.templatetags.holdpoint import when
from executions import commands
from executions.models import Freeze, Preference

pytestmark = pytest.mark.django_db
SAVE = "/settings/profile/save"


def save(client, **changes):
    return client.post(SAVE, {"time_zone": "UTC", "theme": "system", "density": "comfortable", **changes})


def test_settings_begin_with_the_profile_which_says_who_one_is(cast):
    client = cast.client("reviewer")

    page = client.get("/settings", follow=True).content.decode()

    assert "Rita Reviewer" in page
    assert "holds:release" in page
    assert 'aria-current="page"' in page


def test_even_who_may_nothing_has_a_profile_and_strangers_sign_in_first(cast, client):
    assert cast.client("outsider").get("/settings/profile").status_code == 200
    assert client.get("/settings/profile").status_code == 302
    assert save(client).status_code == 302
    assert not Preference.objects.exists()


def test_the_time_zone_is_in_force_on_every_page_that_tells_times(cast):
    client, run = cast.client("operator"), commands.launch(cast.actor("operator"), "noop")

    assert save(client, time_zone="Asia/Kolkata").status_code == 303
    page = client.get(f"/executions/{run.pk}").content.decode()

    here = run.created_at.astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=30)))
    assert f"{here:%H:%M:%S} IST" in page
    assert " UTC<" not in page
    assert "IST" not in cast.client("auditor").get(f"/executions/{run.pk}").content.decode()


def test_what_is_typed_is_meant_in_the_zone_of_the_page(cast):
    client, run = cast.client("operator"), commands.launch(cast.actor("operator"), "noop")
    save(client, time_zone="America/New_York")

    client.post(f"/executions/{run.pk}/pause", {"reason": "Until the morning", "resume_at": "2036-01-10T09:00"})

    (condition,) = run.holds.get().conditions.all()
    assert condition.due_at == datetime.datetime(2036, 1, 10, 14, tzinfo=datetime.UTC)
    freeze = {"workflow": "noop", "reason": "Stock-taking", "review_by": "2031-02-03T10:30"}
    assert "America/New_York" in client.get("/holds/new", {"workflow": "noop"}).content.decode()
    client.post("/holds/freezes/place", freeze)
    assert Freeze.objects.get().review_by.isoformat() == "2031-02-03T15:30:00+00:00"


def test_the_preferences_wait_in_the_session_and_cost_no_query(cast, django_assert_num_queries):
    plain, chosen = cast.client("operator"), cast.client("reviewer")
    save(chosen, time_zone="Europe/Berlin", density="compact")
    counted = []
    for client in (plain, chosen):
        with django_assert_num_queries(6) as queries:
            page = client.get("/settings/profile").content.decode()
        counted.append(len(queries))

    assert counted[0] == counted[1]
    assert 'data-density="compact"' in page


def test_the_next_sign_in_finds_them_again(cast):
    save(cast.client("auditor"), time_zone="Asia/Tokyo", theme="dark")

    again = cast.client("auditor")
    answer = again.get("/settings/profile")

    assert 'data-theme="dark"' in answer.content.decode()
    assert answer.cookies["theme"].value == "dark", "the sign-in page will be dark too"
    assert "JST" in answer.content.decode() or "Asia/Tokyo" in answer.content.decode()


def test_the_theme_button_works_without_a_script_and_is_kept(cast):
    client = cast.client("operator")

    answer = client.post(
        "/settings/theme", {"theme": "light"}, headers={"Referer": "http://testserver/holds?kind=policy"}
    )

    assert (answer.status_code, answer["Location"]) == (303, "/holds?kind=policy")
    assert Preference.objects.get(user=cast.operator).theme == "light"
    assert 'data-theme="light"' in client.get("/holds").content.decode()
    assert re.search(r'name="theme" value="dark"', client.get("/holds").content.decode()), "the next one"
    assert client.post("/settings/theme", {"theme": '"><b>'}).status_code == 422


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Olympus"}, {"theme": "pink"}, {"density": ""}])
def test_what_does_not_exist_is_refused_beside_the_field(cast, wrong):
    answer = save(cast.client("operator"), **wrong)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Preference.objects.exists()


def test_a_moment_is_told_in_the_zone_in_force_and_marked_up_in_utc(settings):
    from django.utils import timezone

    noon = datetime.datetime(2026, 7, 1, 12, tzinfo=datetime.UTC)
    with timezone.override("Europe/Berlin"):
        shown = when(noon)
    assert "1 Jul 2026 14:00:00 CEST" in shown
    assert 'datetime="2026-07-01T12:00:00.000+00:00"' in shown
