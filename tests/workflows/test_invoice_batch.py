"""The invoice workflow, run in memory: what it asks, what it posts, what it adds up."""

from decimal import Decimal

import pytest

from executions import run_inline
from tests.workflows.invoices import REAL_FILES, RIGHT, needs_real_invoices, with_value, without
from workflows.invoice_batch import invoices
from workflows.invoices.samples import WRONG, corrected, samples
from workflows.invoices.ubl import parse_invoice
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db

INLINE_RUN = "00000000-0000-0000-0000-000000000000"
SEK, EUR, USD = "SEK", "EUR", "USD"


def ledger() -> dict[str, Decimal]:
    """Return what was posted: file name → amount."""
    return dict(LedgerEntry.objects.values_list("file_name", "amount"))


def question_key(name: str, content: bytes, times: int = 1) -> str:
    """Return the key of the question about these bytes of a file."""
    from executions.authoring.inline import stored

    return f"{name}@{stored(name, content).sha256[:12]}#{times}"


def answers_to(files: dict[str, bytes], **given) -> dict:
    """Answer alike about every wrong sample."""
    return {question_key(name, files[name]): dict(given) for name in WRONG}


@needs_real_invoices
def test_all_eighteen_published_invoices_are_posted_without_a_question():
    files = {path.name: path.read_bytes() for path in REAL_FILES}
    result = run_inline(invoices, files=files)
    assert (result.state, result.error) == ("succeeded", None)
    assert result.asked == {}
    assert ledger() == {name: parse_invoice(content).signed_payable for name, content in files.items()}
    assert len(ledger()) == result.payload["summary"]["posted"] == 18
    assert ledger()["ubl-tc434-creditnote1.xml"] == Decimal("-100.11")


def test_a_batch_of_right_invoices_runs_through_without_a_question():
    files = {name: corrected(name) for name in samples()}
    result = run_inline(invoices, files=files)
    assert result.state == "succeeded"
    assert result.steps == ["extract", "reconcile", "post", "summarise"]
    assert result.asked == {}
    assert ledger() == {name: parse_invoice(content).signed_payable for name, content in files.items()}


def test_a_wrong_invoice_is_asked_about_with_the_figures():
    result = run_inline(invoices, files=samples())
    assert result.state == "suspended"
    question = result.asked[result.open_question]
    assert question.title == "Totals differ: brueckner-R-20455.xml"
    assert "500.00 too much" in question.prompt
    assert question.context["problems"][0]["rule"] == "BR-CO-16"
    assert question.context["number"] == "R-20455"
    assert question.replaces == {"file": "brueckner-R-20455.xml"}
    assert ledger() == {}


def test_replaced_files_are_posted_as_corrected():
    files = samples()
    answers = {question_key(name, files[name]): {"decision": "replace", "file": corrected(name)} for name in WRONG}
    result = run_inline(invoices, files=files, answers=answers)
    assert result.state == "succeeded"
    assert ledger() == {name: parse_invoice(corrected(name)).signed_payable for name in files}
    assert {name: result.payload["invoices"][name]["version"] for name in WRONG} == dict.fromkeys(WRONG, 2)
    assert result.payload["summary"]["replaced_after_posting"] == []


def test_an_accepted_invoice_is_posted_as_it_states_itself():
    files = samples()
    answers = answers_to(files, decision="accept", reason="Agreed with the supplier by phone.")
    result = run_inline(invoices, files=files, answers=answers)
    assert ledger() == {name: parse_invoice(content).signed_payable for name, content in files.items()}
    assert result.payload["summary"]["accepted"] == sorted(WRONG)
    facts = result.payload["invoices"]["fjellveien-F5520.xml"]
    assert (facts["reason"], facts["decided_by"]) == ("Agreed with the supplier by phone.", "inline")


def test_an_invoice_that_is_left_out_is_not_posted():
    files = samples()
    answers = answers_to(files, decision="leave_out", reason="Sent twice.")
    result = run_inline(invoices, files=files, answers=answers)
    assert set(ledger()) == set(files) - set(WRONG)
    assert result.payload["summary"]["left_out"] == sorted(WRONG)


def test_a_file_that_is_still_wrong_is_asked_about_again():
    name = "brueckner-R-20455.xml"
    first = samples()[name]
    second = with_value(first.decode(), "PayableAmount", "1.00", "LegalMonetaryTotal").encode()
    answers = {question_key(name, first): {"decision": "replace", "file": second}}
    result = run_inline(invoices, files={name: first}, answers=answers)
    assert result.open_question == question_key(name, second)
    assert "1.00 EUR" in result.asked[result.open_question].prompt


def test_a_file_that_was_not_replaced_is_asked_about_again():
    name = "brueckner-R-20455.xml"
    content = samples()[name]
    result = run_inline(
        invoices, files={name: content}, answers={question_key(name, content): {"decision": "check_again"}}
    )
    assert result.open_question == question_key(name, content, times=2)


def test_an_unreadable_invoice_cannot_be_accepted():
    broken = without(RIGHT, "cbc:DocumentCurrencyCode").encode()
    result = run_inline(invoices, files={"a.xml": broken})
    question = result.asked[result.open_question]
    assert question.title == "a.xml cannot be read"
    assert "DocumentCurrencyCode is missing" in question.prompt
    assert question.form == "workflows.invoices.forms:UnreadableForm"


def test_the_summary_adds_up_per_currency_and_supplier():
    files = samples()
    answers = answers_to(files, decision="leave_out", reason="Not yet due.")
    summary = run_inline(invoices, files=files, answers=answers).payload["summary"]
    assert summary["posted"] == 10
    assert summary["by_currency"] == [
        {"currency": EUR, "documents": 5, "amount": "14804.07"},
        {"currency": SEK, "documents": 3, "amount": "96513.50"},
        {"currency": USD, "documents": 2, "amount": "3772.60"},
    ]
    assert summary["by_supplier"][0] == {
        "supplier_name": "Brückner Lagertechnik GmbH",
        "supplier_id": "DE812345670",
        "currency": EUR,
        "documents": 3,
        "amount": "10564.10",
    }
    for currency in summary["by_currency"]:
        parts = [row for row in summary["by_supplier"] if row["currency"] == currency["currency"]]
        assert sum(Decimal(row["amount"]) for row in parts) == Decimal(currency["amount"])
        assert sum(row["documents"] for row in parts) == currency["documents"]


def test_a_step_that_runs_again_from_the_start_posts_nothing_twice():
    files = {name: corrected(name) for name in samples()}
    run_inline(invoices, files=files)
    before = ledger()
    again = run_inline(invoices, files=files)
    assert again.state == "succeeded"
    assert ledger() == before
    assert LedgerEntry.objects.count() == len(files)


def test_a_cancelled_batch_takes_back_what_it_posted():
    from executions.authoring.context import Context
    from executions.authoring.inline import InlineBacking, InlineResult, InlineRun

    files = {name: corrected(name) for name in samples()}
    payload = run_inline(invoices, files=files).payload
    result = InlineResult()
    for _ in range(2):
        invoices.clean_up(Context(InlineBacking(InlineRun(invoices, result, {}, {}), "on_cancel", -1)), payload)
    reversals = LedgerEntry.objects.filter(reverses__isnull=False)
    assert reversals.count() == len(files)
    assert all(entry.amount == -entry.reverses.amount for entry in reversals.select_related("reverses"))
    assert result.log[0] == "Reversed 13 of 13 documents."
