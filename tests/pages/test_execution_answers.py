"""Answers and files from the page of a run: the author's form, refusals beside its fields, replaced versions."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from executions import commands
from executions.models import Event
from tests.domain import story
from tests.effects import effects_table  # noqa: F401
from tests.pages.test_execution_commands import HTMX, WRONG_FILE, answer_url, post, suspended_batch
from tests.pages.test_execution_page import ATTACK, asking, part, said
from workflows.invoices.samples import corrected, samples

pytestmark = pytest.mark.usefixtures("effects_table")


def test_an_answer_goes_through_the_authors_form(db, cast):
    run = asking(cast)
    question = run.suspensions.get()
    form = {
        "answer-decision": "yes",
        "answer-amount": "12.50",
        "comment": "Fine",
        "context_digest": question.context_digest,
    }

    assert post(cast, "reviewer", run, answer_url(run), form).status_code == 303

    question.refresh_from_db()
    assert question.answer == {"decision": "yes", "amount": "12.50"}
    assert question.comment == "Fine"


def test_a_bad_answer_is_refused_beside_its_field_and_the_rest_is_kept(db, cast):
    run = asking(cast)
    digest = run.suspensions.get().context_digest
    form = {"answer-decision": "yes", "answer-amount": ATTACK, "comment": "Fine", "context_digest": digest}

    response = post(cast, "reviewer", run, answer_url(run), form, **HTMX)

    html = part(response.content.decode(), "questions")
    assert response.status_code == 422
    assert "Enter a number" in html
    assert '<option value="yes" selected>' in html
    assert "Fine" in html
    assert "<img" not in html


def test_f10_a_second_answer_is_told_who_was_first_and_keeps_what_was_typed(db, cast):
    run = asking(cast)
    url, digest = answer_url(run), run.suspensions.get().context_digest
    form = {"answer-decision": "yes", "context_digest": digest}
    post(cast, "reviewer2", run, url, form)

    response = post(cast, "reviewer", run, url, form | {"answer-decision": "no", "comment": "Do not"}, **HTMX)

    html = said(part(response.content.decode(), "questions"))
    assert response.status_code == 409
    assert "reviewer2 answered this question already" in html
    assert "You had written: decision no comment Do not" in html


def test_an_answer_about_a_file_that_was_replaced_meanwhile_is_stale(db, cast):
    run = suspended_batch(cast)
    question = run.suspensions.get(closed_at__isnull=True)
    seen = question.context_digest
    commands.replace_file(cast.actor("reviewer2"), run.pk, WRONG_FILE, corrected(WRONG_FILE), reason="By mail")

    form = {"answer-decision": "accept", "answer-reason": "As agreed", "context_digest": seen}
    name = question.replaces["file"]
    if name != WRONG_FILE:
        commands.replace_file(cast.actor("reviewer2"), run.pk, name, corrected(name), reason="By mail")
    response = post(cast, "reviewer", run, answer_url(run), form, **HTMX)

    html = part(response.content.decode(), "questions")
    assert response.status_code == 412
    assert "replaced since this was asked" in html
    assert "version 2" in html
    assert "As agreed" in html
    question.refresh_from_db()
    assert f'name="context_digest" value="{question.context_digest}"' in html


def test_an_answer_may_bring_the_corrected_file(db, cast):
    run = suspended_batch(cast)
    question = run.suspensions.get(closed_at__isnull=True)
    name = question.replaces["file"]
    upload = SimpleUploadedFile("whatever.xml", corrected(name))

    form = {"answer-decision": "replace", "context_digest": question.context_digest, "answer-file": upload}
    assert post(cast, "reviewer", run, answer_url(run), form).status_code == 303

    assert run.files.filter(name=name).count() == 2


def test_an_answer_that_is_due_a_file_says_so_beside_the_field(db, cast):
    run = suspended_batch(cast)
    form = {"answer-decision": "replace", "context_digest": run.suspensions.get().context_digest}

    response = post(cast, "reviewer", run, answer_url(run), form)

    assert response.status_code == 422
    assert "Choose the corrected file." in said(part(response.content.decode(), "questions"))


def test_a_file_is_replaced_and_both_versions_can_be_downloaded(db, cast):
    run = suspended_batch(cast)
    commands.pause(cast.actor("reviewer"), run.pk, reason="r")
    upload = SimpleUploadedFile("x.xml", corrected(WRONG_FILE))

    form = {"seen": f"1:{WRONG_FILE}", "file": upload, "reason": "By mail"}
    assert post(cast, "reviewer", run, "replace-file", form).status_code == 303

    client = cast.client("auditor")
    newest = client.get(f"/executions/{run.pk}/file", {"name": WRONG_FILE})
    first = client.get(f"/executions/{run.pk}/file", {"name": WRONG_FILE, "version": "1"})
    assert newest.content == corrected(WRONG_FILE)
    assert first.content == samples()[WRONG_FILE]
    assert newest["Content-Disposition"].startswith("attachment")
    assert newest["Content-Type"] == "application/octet-stream"
    assert newest["X-Content-Type-Options"] == "nosniff"
    files = said(part(client.get(f"/executions/{run.pk}").content.decode(), "files"))
    assert "version 2" in files
    assert "By mail" in files


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"file": SimpleUploadedFile("x.xml", b"<x/>"), "reason": "r"}, "Choose the file to replace."),
        ({"seen": f"1:{WRONG_FILE}", "reason": "r"}, "Choose a file."),
        ({"seen": f"1:{WRONG_FILE}", "file": SimpleUploadedFile("x.xml", b"no xml"), "reason": "r"}, WRONG_FILE),
        ({"seen": f"1:{WRONG_FILE}", "file": SimpleUploadedFile("x.xml", b"<x/>"), "reason": " "}, "Say why."),
    ],
    ids=["no choice", "no file", "no xml", "no reason"],
)
def test_a_bad_replacement_is_refused_beside_its_field(db, cast, form, words):
    run = suspended_batch(cast)
    for value in form.values():
        if hasattr(value, "seek"):
            value.seek(0)

    response = post(cast, "reviewer", run, "replace-file", form)

    assert response.status_code == 422
    errors = " ".join(re.findall(r'<p class="error">.*?</p>', part(response.content.decode(), "files"), re.DOTALL))
    assert words in said(errors)
    assert not run.files.filter(version=2).exists()
    assert story.kinds(run)[-1] == "command.denied"


def test_a_replacement_of_a_version_that_is_not_the_newest_any_more_is_stale(db, cast):
    run = suspended_batch(cast)
    commands.replace_file(cast.actor("reviewer2"), run.pk, WRONG_FILE, corrected(WRONG_FILE), reason="First")
    upload = SimpleUploadedFile("x.xml", corrected(WRONG_FILE))

    form = {"seen": f"1:{WRONG_FILE}", "file": upload, "reason": "Second"}
    response = post(cast, "reviewer", run, "replace-file", form, **HTMX)

    html = part(response.content.decode(), "files")
    assert response.status_code == 412
    assert f'<option value="2:{WRONG_FILE}" selected>' in html
    assert "Second" in html


def test_an_operator_may_not_replace_files_and_it_is_recorded(db, cast):
    run = suspended_batch(cast)

    response = post(cast, "operator", run, "replace-file", {})

    assert response.status_code == 403
    assert story.kinds(run)[-1] == "command.denied"


def test_a_question_whose_form_is_gone_says_so(db, cast, monkeypatch):
    run = asking(cast)
    url, digest = answer_url(run), run.suspensions.get().context_digest
    monkeypatch.delattr("tests.workflows_for_tests.DecisionForm")

    page = cast.client("reviewer").get(f"/executions/{run.pk}")
    response = post(cast, "reviewer", run, url, {"answer-decision": "yes", "context_digest": digest})

    assert "cannot be found in this installation" in page.content.decode()
    assert response.status_code == 409
    assert not Event.objects.filter(ledger=run.pk, kind="suspension.answered").exists()
