"""Invoices are read exactly, and what cannot be read is told in words."""

import datetime
from decimal import Decimal

import pytest

from tests.workflows.invoices import (
    REAL_FILES,
    REAL_FOLDER,
    RIGHT,
    each_real_invoice,
    needs_real_invoices,
    with_value,
    without,
)
from workflows.invoices.rules import check
from workflows.invoices.ubl import Party, parse_invoice


@each_real_invoice
def test_a_published_invoice_is_read_and_its_totals_agree(path):
    invoice = parse_invoice(path.read_bytes())
    assert invoice.number
    assert invoice.supplier.name
    assert invoice.lines
    assert check(invoice) == ()


@needs_real_invoices
def test_all_eighteen_published_invoices_are_there():
    assert len(REAL_FILES) == 18


@needs_real_invoices
def test_the_vat_total_in_the_accounting_currency_is_not_the_one_that_counts():
    invoice = parse_invoice((REAL_FOLDER / "ubl-tc434-example10.xml").read_bytes())
    assert (invoice.currency, invoice.vat_total) == ("EUR", Decimal("20.73"))


@needs_real_invoices
def test_a_charge_indicator_may_be_written_as_a_digit():
    invoice = parse_invoice((REAL_FOLDER / "ubl-tc434-example2.xml").read_bytes())
    assert invoice.allowances == (Decimal("100.00"),)
    assert invoice.charges == (Decimal("100.00"),)


@needs_real_invoices
def test_a_published_credit_note_counts_against_what_is_owed():
    invoice = parse_invoice((REAL_FOLDER / "ubl-tc434-creditnote1.xml").read_bytes())
    assert invoice.kind == "credit_note"
    assert invoice.signed_payable == Decimal("-100.11")


def test_every_fact_of_an_invoice_is_read():
    invoice = parse_invoice(RIGHT.encode())
    assert invoice.kind == "invoice"
    assert invoice.number == "2026-0139"
    assert invoice.issue_date == datetime.date(2026, 3, 9)
    assert invoice.supplier == Party("Norrsken Kontor AB", "SE556901234501")
    assert invoice.customer == Party("Lindqvist Varuhus AB", "SE556123987601")
    assert [line.net for line in invoice.lines] == [Decimal("32940.00"), Decimal("17250.00"), Decimal("7788.00")]
    assert invoice.allowances == (Decimal("2500.00"),)
    assert invoice.allowance_total == Decimal("2500.00")
    assert (invoice.charges, invoice.charge_total) == ((), None)
    assert invoice.tax_exclusive == Decimal("55478.00")
    assert invoice.vat_total == Decimal("13869.50")
    assert invoice.payable == invoice.signed_payable == Decimal("69347.50")
    assert (invoice.prepaid, invoice.rounding) == (0, 0)


def test_a_line_level_allowance_is_not_one_of_the_document():
    of_line = (
        "<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>"
        '<cbc:Amount currencyID="SEK">1.00</cbc:Amount></cac:AllowanceCharge><cac:Item>'
    )
    invoice = parse_invoice(RIGHT.replace("<cac:Item>", of_line).encode())
    assert invoice.allowances == (Decimal("2500.00"),)


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        ("cac:PartyTaxScheme", "556901-2345"),
        ("cac:PartyLegalEntity", "SE556901234501"),
    ],
)
def test_the_supplier_is_named_by_what_identifies_it_best(left_out, expected):
    assert parse_invoice(without(RIGHT, left_out).encode()).supplier == Party("Norrsken Kontor AB", expected)


def test_a_bank_reference_is_no_identifier():
    text = without(without(RIGHT, "cac:PartyTaxScheme"), "cac:PartyLegalEntity")
    bank = '<cac:PartyIdentification><cbc:ID schemeID="SEPA">DE98ZZZ09999999999</cbc:ID></cac:PartyIdentification>'
    text = text.replace("<cac:PartyName>", bank + "<cac:PartyName>", 1)
    assert parse_invoice(text.encode()).supplier.id == ""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("69347.50", "69347.50"),
        (" \t\r\n69347.50\n ", "69347.50"),
        ("+69347.50", "69347.50"),
        ("-69347.50", "-69347.50"),
        (".5", "0.5"),
        ("5.", "5"),
        ("0069347.5", "69347.5"),
        ("-0.00", "0"),
        ("69347.50<!-- SEK -->", "69347.50"),
        ("<![CDATA[69347.50]]>", "69347.50"),
        ("&#54;9347.50", "69347.50"),
        ("123456789012345678.123456", "123456789012345678.123456"),
        ("1.10000000000000000000", "1.1"),
    ],
)
def test_an_amount_is_read_as_xsd_decimal(written, read):
    invoice = parse_invoice(with_value(RIGHT, "PayableAmount", written).encode())
    assert invoice.payable == Decimal(read)


@pytest.mark.parametrize("zone", ["Z", "+02:00", "-05:00"])
def test_a_date_may_carry_a_time_zone(zone):
    invoice = parse_invoice(with_value(RIGHT, "IssueDate", f"2026-03-09{zone}").encode())
    assert invoice.issue_date == datetime.date(2026, 3, 9)
