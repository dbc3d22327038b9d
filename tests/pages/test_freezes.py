"""The page of freezes: look first, then freeze; lift at once or slowly; and how frozen runs are shown."""

import re

import pytest

from executions import commands
from executions.models import Event, Freeze

pytestmark = pytest.mark.django_db
URL = "/holds/freezes"
NEW = "/holds/new"


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def launch(cast):
    return lambda **more: commands.launch(cast.actor("operator"), "noop", **more)


@pytest.fixture
def freeze(cast):
    def place(role="operator", **selector):
        return commands.freeze(cast.actor(role), reason="Prices are wrong", **(selector or {"workflow": "noop"}))

    return place


def test_what_it_would_stop_is_shown_before_it_is_placed(cast, launch):
    launch(labels={"bank": "north"}, title="The north")
    client = cast.client("operator")

    assert "Nothing is frozen" in text_of(client.get(URL))
    page = client.get(NEW, {"workflow": "", "labels": "bank=north"})

    assert "running 0 stop at their next check or boundary queued 1 stay in the queue" in text_of(page)
    assert "Among them Queued The north" in text_of(page)
    assert 'action="/holds/freezes/place"' in page.content.decode()
    assert not Freeze.objects.exists()


def test_a_freeze_without_a_script(cast, launch):
    run = launch(labels={"bank": "north"})
    client = cast.client("operator")

    answer = client.post(f"{URL}/place", {"labels": "bank=north", "reason": "The bank is down", "kind": "operator"})

    assert (answer.status_code, answer.headers["Location"]) == (303, URL)
    placed = Freeze.objects.get()
    assert (placed.labels, placed.placed_via) == ({"bank": "north"}, "console")
    page = text_of(client.get(URL))
    assert "bank=north The bank is down Frozen by operator" in page
    shown = text_of(client.get(f"/executions/{run.pk}"))
    assert "Frozen by operator" in shown
    assert "Freezes during its life" in shown
    listed = client.get("/executions").content.decode()
    assert ">frozen</span> The bank is down" in listed


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"workflow": "noop", "reason": " "}, "Say why."),
        ({"reason": "x"}, "Choose a workflow or labels"),
        ({"workflow": "noop", "everything": "on", "reason": "x"}, "Choose either everything"),
        ({"workflow": "noop", "reason": "x", "review_by": "soon"}, "Enter a valid date"),
        ({"labels": "=x", "reason": "x"}, "has a value and no name"),
    ],
)
def test_a_freeze_that_is_refused_says_why_and_keeps_what_was_typed(cast, sent, says):
    answer = cast.client("operator").post(f"{URL}/place", sent)
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert not Freeze.objects.exists()
    assert Event.objects.filter(kind="command.denied").exists()


def test_a_selector_that_says_too_little_previews_nothing(cast):
    page = text_of(cast.client("operator").get(NEW, {"workflow": "", "labels": ""}))
    assert "Choose a workflow or labels; to freeze every run, say so." in page
    assert "It would stop now" not in page


def test_an_unknown_workflow_is_pointed_out(cast):
    assert "No workflow of this name is known here." in text_of(cast.client("operator").get(NEW, {"workflow": "nop"}))


def test_lifting_at_once_and_slowly(cast, freeze):
    placed, client = freeze(), cast.client("operator")

    assert client.post(f"{URL}/{placed.pk}/lift", {"reason": "ok", "rate": "5"}).status_code == 303
    page = text_of(client.get(URL))
    assert "being lifted" in page
    assert "5 a second" in page
    assert client.post(f"{URL}/{placed.pk}/lift", {"reason": "now", "rate": ""}).status_code == 303
    assert "Nothing is frozen" in text_of(client.get(URL))
    assert "Lifted by operator" in text_of(client.get(URL, {"lifted": "1"}))


@pytest.mark.parametrize("sent", [{"reason": ""}, {"reason": "x", "rate": "fast"}, {"reason": "x", "rate": "-1"}])
def test_a_lift_that_is_refused_stands_beside_its_field(cast, freeze, sent):
    placed = freeze()
    answer = cast.client("operator").post(f"{URL}/{placed.pk}/lift", sent)
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    placed.refresh_from_db()
    assert placed.lifting_since is None


def test_who_may_not_is_told_why(cast, freeze):
    placed = freeze("reviewer", workflow="noop", kind="compliance", dual_control=True)
    for role, says in (("operator", "holds:release"), ("reviewer", "somebody other than reviewer")):
        client = cast.client(role)
        assert says in text_of(client.get(URL))
        assert client.post(f"{URL}/{placed.pk}/lift", {"reason": "x"}).status_code == 403
    auditor = cast.client("auditor")
    assert "needs the scope holds:freeze" in text_of(auditor.get(URL))
    assert auditor.post(f"{URL}/place", {"workflow": "noop", "reason": "x"}).status_code == 403


def test_outsiders_see_nothing(cast, freeze):
    placed, client = freeze(), cast.client("outsider")
    for answer in (client.get(URL), client.post(f"{URL}/{placed.pk}/lift", {"reason": "x"})):
        assert answer.status_code == 403
        assert "Prices are wrong" not in answer.content.decode()


def test_commands_take_no_get(cast, freeze):
    placed = freeze()
    assert cast.client("admin").get(f"{URL}/place").status_code == 405
    assert cast.client("admin").get(f"{URL}/{placed.pk}/lift").status_code == 405


def test_a_freeze_that_does_not_exist_is_not_found(cast):
    address = f"{URL}/00000000-0000-0000-0000-000000000001/lift"
    assert cast.client("operator").post(address, {"reason": "x"}).status_code == 404


def test_a_refused_resume_says_that_the_run_is_frozen(cast, launch, freeze):
    run = launch()
    freeze()
    page = text_of(cast.client("operator").get(f"/executions/{run.pk}"))
    assert ": Prices are wrong. It goes on when that freeze is lifted." in page


def test_a_paused_run_that_is_frozen_says_that_resuming_is_not_enough(cast, launch, freeze):
    run = launch()
    commands.pause(cast.actor("operator"), run.pk, reason="x")
    freeze()
    page = text_of(cast.client("operator").get(f"/executions/{run.pk}"))
    assert "it will not go on before the freeze is lifted" in page
    assert "stays in the queue until the freeze by operator is lifted" in page


def test_the_page_costs_the_same_for_any_number(cast, freeze, django_assert_max_num_queries):
    for number in range(20):
        freeze(workflow=f"w{number}")
    client = cast.client("operator")
    client.get(URL)
    with django_assert_max_num_queries(9):
        assert "w19" in text_of(client.get(URL))
