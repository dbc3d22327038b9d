"""Launching in the console: what is offered, what is refused beside its field, and that nothing half starts."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from executions.models import Event, Execution
from tests.workflows_for_tests import CountInput
from workflows.invoices.samples import samples

pytestmark = pytest.mark.django_db
COUNTING = "/launch/counting"
INVOICES = "/launch/invoice-batch"
GOOD = {"input-items": "3", "input-seconds": "0", "input-label": "", "title": "", "labels": ""}


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def upload(name: str = "a.xml", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, good_invoice() if content is None else content, "text/xml")


def good_invoice() -> bytes:
    """The bytes of one of the project's own samples."""
    return next(iter(samples().values()))


def test_every_workflow_is_offered_with_its_route(cast):
    page = text_of(cast.client("operator").get("/workflows"))

    assert "Invoice batch" in page
    assert "Post to the ledger" in page


def test_the_form_is_the_workflows_own(cast):
    page = cast.client("operator").get(COUNTING).content.decode()

    for field in CountInput().fields:
        assert f'name="input-{field}"' in page
    assert 'name="files"' not in page
    assert 'name="files"' in cast.client("operator").get(INVOICES).content.decode()


def test_a_launch_without_a_script_leads_to_the_runs_page(cast):
    sent = GOOD | {"title": "Year end", "labels": "region=north, quarter = Q4\nurgent"}

    answer = cast.client("operator").post(COUNTING, sent)

    run = Execution.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/executions/{run.pk}")
    assert run.title == "Year end"
    assert run.labels == {"region": "north", "quarter": "Q4", "urgent": ""}
    assert run.payload["items"] == 3
    assert run.launched_by_name == "operator"
    assert Event.objects.get(ledger=run.pk).via == "console"


def test_a_launch_with_htmx_goes_to_the_runs_page_too(cast):
    answer = cast.client("operator").post(COUNTING, GOOD, headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == f"/executions/{Execution.objects.get().pk}"


def test_files_become_the_runs_files(cast):
    files = [upload("one.xml"), upload("two.xml")]

    assert cast.client("operator").post(INVOICES, {"files": files, "input-seconds_per_invoice": "0"}).status_code == 303

    run = Execution.objects.get()
    assert run.payload["files"] == ["one.xml", "two.xml"]
    assert sorted(file.name for file in run.files.all()) == ["one.xml", "two.xml"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"input-items": "-1"}, "greater than or equal to 0"),
        ({"input-items": "many"}, "Enter a whole number"),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"labels": "=north"}, "has a value and no name"),
        ({"labels": "a=1\na=2"}, "is given twice"),
        ({"labels": "a=" + "x" * 101}, "value up to 100"),
        ({"labels": "\n".join(f"l{n}=1" for n in range(31))}, "At most 30 labels"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_is_kept(cast, sent, words, headers):
    typed = GOOD | {"title": "Keep me"} | sent

    answer = cast.client("operator").post(COUNTING, typed, headers=headers)

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "Nothing was launched" in text_of(answer)
    assert 'aria-invalid="true"' in answer.content.decode()
    assert typed["title"] in answer.content.decode()
    assert not Execution.objects.exists()
    assert Event.objects.filter(kind="command.denied", actor_name="operator").count() == 1


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "Choose at least one file"),
        ([("a.xml", b"")], "a.xml is empty"),
        ([("a.xml", b"not xml at all")], "a.xml"),
        ([("a.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')], "a.xml"),
        ([("a.xml", None), ("a.xml", None)], "a.xml was sent twice"),
        ([("good.xml", None), ("bad.xml", b"oops"), ("worse.xml", b"")], "bad.xml"),
        ([("a.xml", b"x" * (5 * 1024 * 1024 + 1))], "at most 5,242,880"),
    ],
)
def test_bad_files_are_named_one_by_one_and_nothing_starts(cast, files, words):
    sent = {"files": [upload(name, content) for name, content in files], "input-seconds_per_invoice": "0"}

    answer = cast.client("operator").post(INVOICES, sent)

    assert answer.status_code in (413, 422)
    assert words in text_of(answer)
    if len(files) == 3:
        assert "worse.xml is empty" in text_of(answer)
    assert not Execution.objects.exists()


def test_what_people_typed_is_never_markup(cast):
    attack = '"><script>alert(1)</script>'

    answer = cast.client("operator").post(
        COUNTING, GOOD | {"title": attack, "labels": f"={attack}", "input-items": attack}
    )

    assert answer.status_code == 422
    assert "<script>alert" not in answer.content.decode()


def test_an_unknown_workflow_is_not_found(cast):
    assert cast.client("operator").get("/launch/nosuch").status_code == 404
    assert cast.client("operator").post("/launch/nosuch", GOOD).status_code == 404


@pytest.mark.parametrize("name", ["auditor", "outsider"])
def test_who_may_not_launch_is_refused_in_words_and_on_record(cast, name):
    client = cast.client(name)

    assert client.get(reverse("launch")).status_code == 403
    assert client.get(COUNTING).status_code == 403
    answer = client.post(COUNTING, GOOD)

    assert answer.status_code == 403
    assert "executions:launch" in text_of(answer)
    assert not Execution.objects.exists()
    assert Event.objects.filter(kind="command.denied", actor_name=name).count() == 3


def test_who_is_not_signed_in_signs_in_first(client):
    assert client.get(COUNTING).url == "/accounts/login/?next=/launch/counting"
    answer = client.post(COUNTING, GOOD, headers={"Referer": "http://testserver/launch/counting"})
    assert answer.url == "/accounts/login/?next=/launch/counting"
    assert not Execution.objects.exists()


def test_a_forged_form_is_refused(cast):
    assert cast.client("operator", enforce_csrf_checks=True).post(COUNTING, GOOD).status_code == 403
    assert not Execution.objects.exists()
