"""What cannot be read as an invoice is told in words, with the place and what to do."""

from decimal import Decimal

import pytest

from tests.workflows.invoices import RIGHT, TWO_CURRENCIES, with_value, without
from workflows.invoices.samples import samples
from workflows.invoices.ubl import ParseProblem, parse_invoice


def problem_of(text: str) -> ParseProblem:
    """Parse a document that must be refused, and return why."""
    with pytest.raises(ParseProblem) as caught:
        parse_invoice(text.encode())
    return caught.value


@pytest.mark.parametrize(
    "written",
    [
        *("", " ", ".", "-", "+-1", "--1", "12.3.4", "1,234.50", "1 000", "69347.50 SEK"),
        *("NaN", "sNaN", "INF", "-INF", "Infinity", "1e5", "1E5", "1_000", "0x10", "٦٩", "\u00a069347.50"),
    ],
)
def test_anything_else_is_no_amount(written):
    problem = problem_of(with_value(RIGHT, "PayableAmount", written))
    assert problem.code == "not-decimal"
    assert problem.where == "LegalMonetaryTotal/PayableAmount"
    assert "1234.50" in problem.detail


@pytest.mark.parametrize("written", ["1234567890123456789", "0.1234567", "9" * 100_000])
def test_more_digits_than_the_ledger_holds_are_refused(written):
    problem = problem_of(with_value(RIGHT, "PayableAmount", written))
    assert problem.code == "too-many-digits"
    assert len(problem.detail) < 300


@pytest.mark.parametrize("name", ["LineExtensionAmount", "TaxExclusiveAmount", "TaxInclusiveAmount", "PayableAmount"])
def test_a_missing_total_is_named(name):
    problem = problem_of(without(RIGHT, f"cbc:{name}", inside="cac:LegalMonetaryTotal"))
    assert (problem.code, problem.where) == ("missing", f"LegalMonetaryTotal/{name}")


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("LegalMonetaryTotal/PayableAmount", '<cbc:PayableAmount currencyID="SEK">1.00</cbc:PayableAmount>'),
        (
            "LegalMonetaryTotal/AllowanceTotalAmount",
            '<cbc:AllowanceTotalAmount currencyID="SEK">1.00</cbc:AllowanceTotalAmount>',
        ),
    ],
)
def test_a_total_stated_twice_is_refused(name, extra):
    problem = problem_of(RIGHT.replace("</cac:LegalMonetaryTotal>", extra + "</cac:LegalMonetaryTotal>"))
    assert (problem.code, problem.where) == ("repeated", name)


@pytest.mark.parametrize(
    ("element", "where"),
    [
        ("cac:LegalMonetaryTotal", "LegalMonetaryTotal"),
        ("cac:TaxTotal", "TaxTotal/TaxAmount"),
        ("cac:AccountingSupplierParty", "AccountingSupplierParty"),
        ("cac:AccountingCustomerParty", "AccountingCustomerParty"),
        ("cbc:ID", "ID"),
        ("cbc:IssueDate", "IssueDate"),
    ],
)
def test_a_missing_part_is_named(element, where):
    problem = problem_of(without(RIGHT, element))
    assert (problem.code, problem.where) == ("missing", where)


def test_an_invoice_without_lines_is_refused():
    text = RIGHT[: RIGHT.index("<cac:InvoiceLine>")] + "</Invoice>"
    assert problem_of(text).where == "InvoiceLine"


def test_a_credit_note_has_credit_note_lines():
    credit_note = samples()["brueckner-G-00312.xml"].decode()
    assert parse_invoice(credit_note.encode()).signed_payable == Decimal("-132.57")
    problem = problem_of(credit_note.replace("CreditNoteLine>", "InvoiceLine>"))
    assert problem.where == "CreditNoteLine"


def test_a_missing_currency_is_refused():
    assert problem_of(without(RIGHT, "cbc:DocumentCurrencyCode")).code == "currency-missing"
    assert (
        problem_of(RIGHT.replace('<cbc:PayableAmount currencyID="SEK">', "<cbc:PayableAmount>")).code
        == "currency-missing"
    )


@pytest.mark.parametrize("code", ["sek", "SEKR", "S", "12A", "kr"])
def test_an_unknown_form_of_currency_is_refused(code):
    assert problem_of(with_value(RIGHT, "DocumentCurrencyCode", code)).code == "currency-unknown"


@pytest.mark.parametrize("name", ["PayableAmount", "TaxAmount", "LineExtensionAmount", "Amount"])
def test_amounts_in_another_currency_are_refused(name):
    problem = problem_of(RIGHT.replace(f'<cbc:{name} currencyID="SEK">', f'<cbc:{name} currencyID="NOK">', 1))
    assert problem.code == "currency-mixed"
    assert "NOK" in problem.detail
    assert "SEK" in problem.detail


def test_the_vat_total_may_be_repeated_in_the_accounting_currency():
    assert parse_invoice(TWO_CURRENCIES.encode()).vat_total == Decimal("613.13")
    problem = problem_of(with_value(TWO_CURRENCIES, "TaxCurrencyCode", "NOK"))
    assert (problem.code, problem.where) == ("currency-mixed", "TaxTotal/TaxAmount")


def test_two_vat_totals_in_the_document_currency_are_refused():
    twice = RIGHT.replace(
        "<cac:TaxTotal>", '<cac:TaxTotal><cbc:TaxAmount currencyID="SEK">1</cbc:TaxAmount></cac:TaxTotal><cac:TaxTotal>'
    )
    assert problem_of(twice).code == "repeated"


def test_a_vat_total_in_the_accounting_currency_alone_is_not_enough():
    assert problem_of(without(TWO_CURRENCIES, "cac:TaxTotal")).code == "missing"


@pytest.mark.parametrize(
    "text", ["2026-13-01", "2026-02-30", "01.03.2026", "2026-3-1", "20260301", "2026-W10-1", "soon"]
)
def test_a_date_that_is_none_is_refused(text):
    assert problem_of(with_value(RIGHT, "IssueDate", text)).code == "not-a-date"


def test_an_element_inside_an_amount_is_refused():
    assert problem_of(with_value(RIGHT, "PayableAmount", "69<b/>347.50")).code == "nested"


def test_a_text_that_is_far_too_long_is_refused():
    problem = problem_of(with_value(RIGHT, "ID", "7" * 301))
    assert (problem.code, problem.where) == ("too-long", "ID")


@pytest.mark.parametrize("flag", ["yes", "TRUE", "2", ""])
def test_a_charge_indicator_that_is_none_is_refused(flag):
    problem = problem_of(with_value(RIGHT, "ChargeIndicator", flag))
    assert problem.where == "AllowanceCharge/ChargeIndicator"


@pytest.mark.parametrize(
    "root",
    [
        "<html/>",
        '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>',
        "<Invoice/>",
        '<CrossIndustryInvoice xmlns="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>',
    ],
)
def test_another_kind_of_document_is_named(root):
    problem = problem_of(root)
    assert problem.code == "not-ubl"
    assert "UBL 2.1 Invoice or CreditNote" in problem.detail


def test_a_problem_can_be_kept_as_json():
    problem = problem_of("<html/>")
    assert problem.as_dict() == {"code": "not-ubl", "detail": str(problem), "where": ""}
