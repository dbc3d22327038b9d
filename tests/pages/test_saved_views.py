"""Saved views, columns and selection: what people arrange for themselves on the list, and for everybody."""

import json
import re

import pytest

from executions import commands
from executions.errors import Conflict, Invalid, NotAllowed
from executions.models import Event, Preference, SavedView

pytestmark = pytest.mark.django_db
URL = "/executions"
ATTACK = '"><script>alert(1)</script>'


def save(client, name: str, query: str = "state=paused&sort=since", **more: str):
    return client.post("/settings/views", {"name": name, "query": query, **more}, follow=True)


def test_a_view_is_saved_from_the_list_shown_there_and_recorded(cast):
    client = cast.client("operator")

    page = save(client, "Stuck ones", "state=paused&sort=since&cursor=after:x&view=old&junk=1").content.decode()

    view = SavedView.objects.get()
    assert (view.name, view.query, view.shared) == ("Stuck ones", "state=paused&sort=since", False)
    assert "View “Stuck ones” saved." in page
    assert re.search(
        rf'class="view" href="/executions\?state=paused&amp;sort=since&amp;view={view.pk}" aria-current', page
    )
    event = Event.objects.get(kind="view.saved")
    assert json.loads(event.data) == {
        "view": str(view.pk),
        "name": "Stuck ones",
        "query": "state=paused&sort=since",
        "shared": False,
    }
    assert "Stuck ones" not in cast.client("reviewer").get(URL).content.decode()


def test_a_changed_list_says_so_and_replaces_the_view_on_demand(cast):
    client = cast.client("operator")
    save(client, "Mine", "state=paused")
    view = SavedView.objects.get()

    page = client.get(f"{URL}?state=failed&view={view.pk}").content.decode()
    assert "Changed since it was saved" in page
    assert "Replace “Mine”" in page
    client.post(f"/settings/views/{view.pk}/replace", {"query": "state=failed"})

    view.refresh_from_db()
    assert view.query == "state=failed"
    assert json.loads(Event.objects.get(kind="view.changed").data)["before"] == {"query": "state=paused"}
    assert "Changed since" not in client.get(f"{URL}?state=failed&view={view.pk}").content.decode()


def test_only_those_who_manage_the_console_share_and_change_what_is_shared(cast):
    with pytest.raises(NotAllowed):
        commands.save_view(cast.actor("operator"), name="For all", query="", shared=True)
    mine = commands.save_view(cast.actor("operator"), name="For all", query="needs=1")
    with pytest.raises(NotAllowed):
        commands.change_view(cast.actor("operator"), mine.pk, shared=True)
    shared = commands.save_view(cast.actor("admin"), name="Everybody’s", query="state=failed", shared=True)

    for name in ("operator", "reviewer", "auditor"):
        assert "Everybody’s" in cast.client(name).get(URL).content.decode()
        with pytest.raises(NotAllowed):
            commands.delete_view(cast.actor(name), shared.pk)
    assert cast.client("reviewer").post(f"/settings/views/{mine.pk}/delete").status_code == 404
    page = cast.client("admin").post(f"/settings/views/{shared.pk}/share", {}, follow=True).content.decode()
    assert "is now seen by its owner alone" in page
    assert "Everybody’s" not in cast.client("operator").get(URL).content.decode()


def test_views_are_renamed_and_deleted_on_their_page_and_recorded(cast):
    client = cast.client("operator")
    view = commands.save_view(cast.actor("operator"), name="Old", query="state=failed&label=region:north&q=x")

    page = client.get("/settings/views").content.decode()
    for words in ("Old", "failed", "region:north", "Rename", "Delete"):
        assert words in page
    assert "Share" not in page
    client.post(f"/settings/views/{view.pk}/rename", {"name": "New"})
    assert SavedView.objects.get().name == "New"
    gone = client.post(f"/settings/views/{view.pk}/delete", follow=True).content.decode()
    assert "View deleted." in gone
    assert "No views yet" in gone
    assert [event.kind for event in Event.objects.filter(kind__startswith="view.").order_by("seq")] == [
        "view.saved",
        "view.changed",
        "view.deleted",
    ]


def test_a_name_that_will_not_do_is_refused_beside_the_field_and_kept(cast):
    client = cast.client("operator")
    commands.save_view(cast.actor("operator"), name="Taken", query="")
    other = commands.save_view(cast.actor("operator"), name="Other", query="")

    taken = save(client, "Taken")
    assert taken.status_code == 422
    assert "You have a view of this name" in taken.content.decode()
    assert 'value="Taken"' in taken.content.decode()
    assert save(client, "  ").status_code == 422
    renamed = client.post(f"/settings/views/{other.pk}/rename", {"name": "Taken"})
    assert renamed.status_code == 422
    assert 'value="Taken"' in renamed.content.decode()
    for bad in ("x" * 61, "a\nb", "\x00"):
        with pytest.raises(Invalid):
            commands.save_view(cast.actor("operator"), name=bad, query="")
    assert SavedView.objects.count() == 2


def test_very_many_views_do_not_crowd_the_list(cast):
    for number in range(15):
        last = commands.save_view(cast.actor("operator"), name=f"View {number:02}", query="needs=1")
    client = cast.client("operator")

    page = client.get(f"{URL}?needs=1&view={last.pk}").content.decode()

    assert page.count('class="view"') == 4 + 12 + 1 + 1
    assert "View 14" in page
    assert "All views" in page
    assert client.get("/settings/views").content.decode().count('<li id="view-') == 15


def test_one_person_keeps_only_so_many(cast, monkeypatch):
    monkeypatch.setattr("executions.commands.view.MOST_VIEWS", 1)
    commands.save_view(cast.actor("operator"), name="One", query="")
    with pytest.raises(Conflict):
        commands.save_view(cast.actor("operator"), name="Two", query="")


def test_a_views_name_is_never_markup_and_who_may_not_read_sees_none(cast):
    commands.save_view(cast.actor("admin"), name=ATTACK, query=f"q={ATTACK}", shared=True)

    for address in (URL, "/settings/views"):
        assert "<script>alert" not in cast.client("operator").get(address).content.decode()
        assert cast.client("outsider").get(address).status_code == 403
    assert save(cast.client("outsider"), "x").status_code == 403


def test_columns_are_a_persons_own_and_a_view_brings_its_own(cast):
    client = cast.client("operator")
    commands.launch(cast.actor("operator"), "noop", {}, labels={"region": "north"})
    heads = re.compile(r'<th scope="col" class="col-(\w+)"')

    client.post("/executions/display?state=queued", {"columns": ["priority", "owner"], "density": "compact"})

    page = client.get(URL).content.decode()
    assert heads.findall(page) == ["pick", "state", "run", "priority", "owner"]
    assert 'data-density="compact"' in page
    assert Preference.objects.get(user=cast.operator).columns == ["priority", "owner"]
    assert heads.findall(client.get(f"{URL}?columns=labels,finished").content.decode())[3:] == ["labels", "finished"]
    changes = re.search(r'data-changes="([^"]+)"', page).group(1)
    assert "columns=priority%2Cowner" in changes
    assert client.post("/executions/display", {"columns": "secret"}).status_code == 422
    client.post("/executions/display", {"usual": "1", "columns": ["priority"]})
    assert heads.findall(client.get(URL).content.decode())[3:] == ["progress", "held", "since", "launched"]


def test_rows_can_be_selected_by_those_who_may_act_on_many(cast):
    for number in range(3):
        commands.launch(cast.actor("operator"), "noop", {}, title=f"run {number}", labels={"n": "x"})

    page = cast.client("operator").get(f"{URL}?label=n:x").content.decode()

    assert page.count('name="run"') == 3
    assert 'form="bulk"' in page
    assert "All 3 that match" in page
    assert 'name="filter" value="label=n%3Ax"' in page
    assert re.findall(r'name="command" value="(\w+)"', page) == ["pause", "resume", "label", "retry", "cancel"]
    assert 'name="run"' not in cast.client("auditor").get(URL).content.decode()
