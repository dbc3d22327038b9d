"""What an address asks may be anything: every page answers, and none breaks."""

import re
from pathlib import Path

import pytest

from executions.models import Preference
from tests.api.conftest import ask, launch, program  # noqa: F401  (fixtures)
from tests.security.test_page_roles import PAGES, addresses  # noqa: F401  (fixture)
from tests.support.confirming import confirm

pytestmark = pytest.mark.django_db

SOURCES = Path(__file__).parents[2] / "console" / "pages"
NAMES = sorted(
    set(re.findall(r"""\bget\(\s*"([a-z_]+)\"""", "".join(each.read_text() for each in SOURCES.glob("*.py"))))
)
"""Everything that the pages read by name, from wherever."""
HOSTILE = ["\x00", "a\x00b", "99999999999999999999", "-1", "(?:((", "%' \\", "before:x", "{}", "0001-01-01",
           "9999-12-31T23:59", "/" * 3000, "\ud7ff\uffff", "٣", "00000000-0000-0000-0000-000000000000"]  # fmt: skip


def test_no_page_breaks_on_what_it_is_asked(cast, addresses):  # noqa: F811
    client = confirm(cast.client("admin"))
    assert len(NAMES) > 15
    for page in PAGES:
        for value in HOSTILE:
            answer = client.get(addresses(page).partition("?")[0], dict.fromkeys(NAMES, value))
            assert answer.status_code < 500, f"{page} asked {value!r}"


def test_no_list_breaks_on_one_thing_it_is_asked(cast, addresses):  # noqa: F811
    client = confirm(cast.client("admin"))
    for page in ("executions", "holds", "inbox", "audit", "bulk", "bulk-job", "execution", "settings-people"):
        text = client.get(addresses(page)).content.decode()
        fields = set(re.findall(r'name="([a-z_]+)"', text)) | {"cursor", "before", "after"}
        for name in fields - {"csrfmiddlewaretoken", "query"}:
            for value in ("\x00", "9999-12-31T23:59"):
                answer = client.get(addresses(page), {name: value})
                assert answer.status_code < 500, f"{page}?{name}={value!r}"


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59", "0001-01-01", "9999-12-31"])
def test_the_ends_of_time_are_asked_for_in_every_zone(moment, zone, cast):
    Preference.objects.create(user=cast.auditor, time_zone=zone)
    client = cast.client("auditor")
    names = ("launched_from", "launched_before", "finished_from", "finished_before", "since", "until")
    for page in ("/executions", "/audit"):
        for name in names:
            assert client.get(page, {name: moment}).status_code in (200, 422), f"{page}?{name}"
