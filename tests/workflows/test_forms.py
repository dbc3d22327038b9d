"""A decision needs what it needs: a corrected file, or a reason."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.workflows.invoices import RIGHT, with_value, without
from workflows.invoices.documents import check_upload
from workflows.invoices.forms import BatchForm, DecisionForm, UnreadableForm
from workflows.invoices.samples import corrected, samples


def decide(form=DecisionForm, content: bytes | None = None, **data):
    """Fill a form in as a person would."""
    return form(data, {} if content is None else {"file": SimpleUploadedFile("upload.xml", content)})


@pytest.mark.parametrize(
    ("data", "content"),
    [
        ({"decision": "replace"}, RIGHT.encode()),
        ({"decision": "replace", "reason": "New file by mail."}, RIGHT.encode()),
        ({"decision": "accept", "reason": "Agreed."}, None),
        ({"decision": "leave_out", "reason": "Sent twice."}, None),
        ({"decision": "check_again"}, None),
    ],
)
def test_a_complete_decision_is_taken(data, content):
    form = decide(content=content, **data)
    assert form.is_valid(), form.errors
    if content:
        assert form.cleaned_data["file"].read() == content


@pytest.mark.parametrize(
    ("data", "content", "field", "words"),
    [
        ({}, None, "decision", "required"),
        ({"decision": "pay twice"}, None, "decision", "valid choice"),
        ({"decision": "replace"}, None, "file", "Choose the corrected file."),
        ({"decision": "replace"}, b"", "file", "empty"),
        ({"decision": "replace"}, b"%PDF-1.7", "file", "PDF"),
        ({"decision": "replace"}, b"<!DOCTYPE a><a/>", "file", "DOCTYPE"),
        ({"decision": "replace"}, without(RIGHT, "cbc:IssueDate").encode(), "file", "IssueDate is missing"),
        (
            {"decision": "replace"},
            with_value(RIGHT, "PayableAmount", "1.00").encode(),
            "file",
            "Still wrong (BR-CO-16).",
        ),
        ({"decision": "accept"}, None, "reason", "Say why."),
        ({"decision": "accept", "reason": " \n"}, None, "reason", "Say why."),
        ({"decision": "leave_out"}, None, "reason", "Say why."),
        ({"decision": "leave_out", "reason": "x" * 2001}, None, "reason", "2000"),
        ({"decision": "accept", "reason": "Agreed."}, RIGHT.encode(), "file", "Only a replacement takes a file."),
    ],
)
def test_an_incomplete_decision_is_refused_beside_its_field(data, content, field, words):
    form = decide(content=content, **data)
    assert not form.is_valid()
    assert list(form.errors) == [field]
    assert words in form.errors[field][0]


def test_an_unreadable_document_can_be_replaced_or_left_out_but_not_accepted():
    assert [value for value, _ in UnreadableForm.base_fields["decision"].choices] == [
        "replace",
        "leave_out",
        "check_again",
    ]
    assert list(UnreadableForm.base_fields) == list(DecisionForm.base_fields)
    assert not decide(UnreadableForm, decision="accept", reason="Agreed.").is_valid()


@pytest.mark.parametrize(("written", "seconds"), [("", 0.0), ("0", 0.0), ("2.5", 2.5)])
def test_the_pace_of_a_batch_is_a_number_of_seconds(written, seconds):
    form = BatchForm({"seconds_per_invoice": written})
    assert form.is_valid()
    assert form.cleaned_data["seconds_per_invoice"] == seconds


@pytest.mark.parametrize("written", ["-1", "61", "fast", "nan", "inf"])
def test_a_pace_that_makes_no_sense_is_refused(written):
    assert "seconds_per_invoice" in BatchForm({"seconds_per_invoice": written}).errors


@pytest.mark.parametrize(
    "content", [b"not xml", b"<!DOCTYPE Invoice><Invoice/>", b"<html/>", b"%PDF-1.7", b"<a>" * 1000]
)
def test_what_is_no_invoice_is_refused_at_the_door(content):
    with pytest.raises(ValidationError):
        check_upload("a.xml", content)


def test_a_wrong_or_incomplete_invoice_is_let_in_to_be_asked_about():
    for name in samples():
        check_upload(name, samples()[name])
        check_upload(name, corrected(name))
    check_upload("a.xml", without(RIGHT, "cac:LegalMonetaryTotal").encode())
