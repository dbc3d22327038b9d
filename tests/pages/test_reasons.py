"""Templates for reasons in the settings."""

import pytest

from executions import commands, queries
from executions.commands.reason import STARTERS, seed_reasons
from executions.models import SYSTEM_LEDGER, BulkJob, Event, ReasonTemplate
from tests.domain import story

pytestmark = pytest.mark.django_db
URL = "/settings/reasons"


@pytest.fixture
def template(cast):
    return lambda text, *offered: commands.add_reason(cast.actor("admin"), text=text, commands=offered)


def texts() -> list[str]:
    return [each.text for each in queries.list_reasons()]


def kinds() -> list[str]:
    found = Event.objects.filter(ledger=SYSTEM_LEDGER, kind__startswith="reason_template").order_by("seq")
    return list(found.values_list("kind", flat=True))


def test_add_edit_move_and_delete_in_the_page(cast):
    client = cast.client("admin")
    assert "No templates yet" in client.get(URL).content.decode()

    client.post(f"{URL}/add", {"text": "Bank is down", "reason_code": "bank", "commands": ["pause", "freeze"]})
    client.post(f"{URL}/add", {"text": "Checked"})
    first = queries.list_reasons()[0]
    assert (first.commands, first.reason_code) == (["pause", "freeze"], "bank")

    assert client.post(f"{URL}/{first.pk}/move", {"to": "down"}).status_code == 303
    assert texts() == ["Checked", "Bank is down"]
    assert client.get(f"{URL}/{first.pk}").status_code == 200
    client.post(f"{URL}/{first.pk}/change", {"text": "The bank is down", "commands": ["pause"]})
    assert "The bank is down" in client.get(URL).content.decode()
    client.post(f"{URL}/{first.pk}/delete")

    assert texts() == ["Checked"]
    assert [kind.partition(".")[2] for kind in kinds()] == ["added", "added", "moved", "changed", "deleted"]


def test_each_command_is_offered_its_own_and_the_common_ones_in_order(template, django_assert_num_queries):
    template("For all")
    template("To pause", "pause")
    template("To resume", "resume", "release")

    with django_assert_num_queries(1):
        offered = queries.reasons_for("pause", "resume")

    assert [each.text for each in offered["pause"]] == ["For all", "To pause"]
    assert [each.text for each in offered["resume"]] == ["For all", "To resume"]


def test_others_see_them_and_change_nothing(cast, template):
    one = template("Checked")
    client = cast.client("operator")

    page = client.get(URL).content.decode()

    assert "Checked" in page
    assert "needs the scope console:manage" in page
    assert "Add a template" not in page
    assert client.post(f"{URL}/add", {"text": "Mine"}).status_code == 403
    assert client.get(f"{URL}/{one.pk}").status_code == 403
    assert client.post(f"{URL}/{one.pk}/delete").status_code == 403
    assert client.get(f"{URL}/add").status_code == 405
    assert texts() == ["Checked"]
    assert cast.client("outsider").get(URL).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "Checked"}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "New", "commands": ["launch-missiles"]}, "commands"),
        ({"text": "New", "reason_code": "y" * 61}, "reason_code"),
    ],
)
def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_is_kept(cast, template, wrong, field):
    template("Checked")

    answer = cast.client("admin").post(f"{URL}/add", wrong)

    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert texts() == ["Checked"]


def test_a_new_installation_begins_with_some_and_deleting_them_is_final(cast):
    assert seed_reasons(cast.actor("admin")) == len(STARTERS)
    assert seed_reasons(cast.actor("admin")) == 0
    for each in ReasonTemplate.objects.all():
        commands.delete_reason(cast.actor("admin"), each.pk)
    assert seed_reasons(cast.actor("admin")) == 0
    assert not ReasonTemplate.objects.exists()


def test_markup_in_a_template_is_text(cast, template):
    template('<script>alert(1)</script> "quoted" & more')

    page = cast.client("admin").get(URL).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &quot;quoted&quot; &amp; more" in page


def test_a_bulk_command_offers_them_too_and_takes_the_chosen_one_without_a_script(cast, template):
    template("The bank is down.", "pause")
    run = story.launch(cast)
    client = cast.client("operator")
    preview = client.post("/bulk/preview", {"command": "pause", "run": str(run.pk)}).content.decode()
    assert '<option value="The bank is down."' in preview
    client.post(
        "/bulk/begin", {"command": "pause", "run": str(run.pk), "reason": "", "reason_picked": "The bank is down."}
    )
    assert BulkJob.objects.get().reason == "The bank is down."
