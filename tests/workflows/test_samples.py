"""The samples are plausible UBL, always the same, and wrong exactly where they say so."""

import datetime
from decimal import Decimal
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.invoices import REAL_FILES
from workflows.invoices.rules import check
from workflows.invoices.samples import WRONG, corrected, samples
from workflows.invoices.ubl import parse_invoice
from workflows.invoices.writer import Adjustment, Document, Item, Trader, totals_of, write_ubl

# The order that the UBL 2.1 schema prescribes for the elements written.
SCHEMA_ORDER = [
    "CustomizationID", "ID", "IssueDate", "DueDate", "InvoiceTypeCode", "CreditNoteTypeCode", "DocumentCurrencyCode",
    "TaxCurrencyCode", "BillingReference", "AccountingSupplierParty", "AccountingCustomerParty", "PaymentTerms",
    "AllowanceCharge", "TaxTotal", "LegalMonetaryTotal", "InvoiceLine", "CreditNoteLine",
]  # fmt: skip

MONEY = st.decimals(min_value=Decimal("0.01"), max_value=10**6, places=2)
RATES = st.sampled_from([Decimal(0), Decimal(7), Decimal("5.5"), Decimal(19), Decimal(25)])
# What XML can carry and a name keeps: no control characters, no white space at the ends.
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=60)
TRADERS = st.builds(Trader, NAMES, NAMES, NAMES, NAMES, NAMES, NAMES, st.just("SE"))
ITEMS = st.builds(Item, NAMES, MONEY, MONEY, RATES)
DOCUMENTS = st.builds(
    Document,
    number=NAMES,
    issued=st.dates(datetime.date(2000, 1, 1), datetime.date(2100, 1, 1)),
    supplier=TRADERS,
    customer=TRADERS,
    currency=st.sampled_from(["EUR", "SEK", "USD"]),
    items=st.lists(ITEMS, min_size=1, max_size=8).map(tuple),
    adjustments=st.lists(st.builds(Adjustment, NAMES, MONEY, RATES, st.booleans()), max_size=3).map(tuple),
    prepaid=MONEY | st.just(Decimal("0.00")),
    rounding=st.sampled_from([Decimal("0.00"), Decimal("-0.49"), Decimal("0.50")]),
    accounting_vat=st.none() | st.just(("NOK", Decimal("12.30"))),
    credits=st.just("") | NAMES,
)


def test_there_are_twelve_invoices_and_a_credit_note_from_several_suppliers():
    read = [parse_invoice(content) for content in samples().values()]
    assert sorted(invoice.kind for invoice in read) == ["credit_note"] + ["invoice"] * 12
    assert {invoice.currency for invoice in read} == {"EUR", "SEK", "USD"}
    assert len({invoice.supplier for invoice in read}) == 5
    assert len({(invoice.supplier.id, invoice.number) for invoice in read}) == 13


def test_three_samples_are_wrong_each_in_its_own_way():
    broken = {name: [m.rule for m in check(parse_invoice(content))] for name, content in samples().items()}
    assert {name: rules for name, rules in broken.items() if rules} == {name: [rule] for name, rule in WRONG.items()}
    assert sorted(WRONG.values()) == ["BR-CO-10", "BR-CO-15", "BR-CO-16"]


@pytest.mark.parametrize("name", sorted(samples()))
def test_a_corrected_sample_is_right_and_stays_the_same_document(name):
    sent, right = parse_invoice(samples()[name]), parse_invoice(corrected(name))
    assert check(right) == ()
    assert (sent.number, sent.supplier, sent.lines) == (right.number, right.supplier, right.lines)
    assert (samples()[name] == corrected(name)) == (name not in WRONG)


def test_an_unknown_sample_has_no_correction():
    with pytest.raises(KeyError):
        corrected("no-such-file.xml")


def test_samples_are_the_same_bytes_each_time():
    assert samples() == samples()


@pytest.mark.parametrize("name", sorted(samples()))
def test_elements_stand_in_the_order_of_the_schema(name):
    found = [element.tag.rpartition("}")[2] for element in fromstring(samples()[name])]  # noqa: S314 (our own bytes)
    assert found == sorted(found, key=SCHEMA_ORDER.index)


def test_no_sample_is_a_copy_of_a_published_invoice():
    published = {path.read_bytes() for path in REAL_FILES}
    assert not published & set(samples().values())


@given(DOCUMENTS)
def test_what_is_written_is_read_back_and_right(document):
    invoice = parse_invoice(write_ubl(document))
    totals = totals_of(document)
    assert check(invoice) == ()
    assert invoice.kind == ("credit_note" if document.credits else "invoice")
    assert (invoice.number, invoice.issue_date, invoice.currency) == (
        document.number,
        document.issued,
        document.currency,
    )
    assert (invoice.supplier.name, invoice.supplier.id) == (document.supplier.name, document.supplier.vat)
    assert [line.net for line in invoice.lines] == [item.net for item in document.items]
    assert (invoice.vat_total, invoice.payable) == (totals.vat, totals.payable)
    assert (invoice.prepaid, invoice.rounding) == (document.prepaid, document.rounding)
