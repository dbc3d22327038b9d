"""Each of the four rules of EN 16931 finds every cent, and says what it found."""

from dataclasses import replace
from decimal import Decimal, localcontext

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.workflows.invoices import RIGHT, each_real_invoice, value_of, with_value
from workflows.invoices.amounts import exact_sum, shown
from workflows.invoices.rules import RULES, check
from workflows.invoices.samples import corrected, samples
from workflows.invoices.ubl import Line, parse_invoice

CENTS = st.integers(min_value=-10_000_000, max_value=10_000_000).filter(bool).map(lambda cents: Decimal(cents) / 100)
AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=2)
RIGHT_INVOICE = parse_invoice(RIGHT.encode())

# The total that only one rule judges, or judges first: changing it by any amount breaks that rule.
TOTAL_OF_RULE = {
    "BR-CO-10": "LineExtensionAmount",
    "BR-CO-13": "TaxExclusiveAmount",
    "BR-CO-15": "TaxInclusiveAmount",
    "BR-CO-16": "PayableAmount",
}


def broken_rules(text: str) -> list[str]:
    return [mismatch.rule for mismatch in check(parse_invoice(text.encode()))]


@given(rule=st.sampled_from(sorted(TOTAL_OF_RULE)), name=st.sampled_from(sorted(samples())), off_by=CENTS)
def test_a_total_that_is_off_by_any_cents_breaks_its_rule(rule, name, off_by):
    text, total = corrected(name).decode(), TOTAL_OF_RULE[rule]
    stated = value_of(text, total, inside="LegalMonetaryTotal") + off_by
    found = {
        m.rule: m for m in check(parse_invoice(with_value(text, total, f"{stated:f}", "LegalMonetaryTotal").encode()))
    }
    assert rule in found
    assert found[rule].stated == stated
    assert found[rule].difference == off_by
    assert found[rule].computed == stated - off_by


@each_real_invoice
@pytest.mark.parametrize("off_by", [Decimal("0.01"), Decimal("-0.01")])
@pytest.mark.parametrize("rule", sorted(TOTAL_OF_RULE))
def test_a_published_invoice_that_is_off_by_a_cent_breaks_its_rule(path, rule, off_by):
    text, total = path.read_text(encoding="utf-8"), TOTAL_OF_RULE[rule]
    stated = value_of(text, total, inside="LegalMonetaryTotal") + off_by
    assert rule in broken_rules(with_value(text, total, f"{stated:f}", "LegalMonetaryTotal"))


@pytest.mark.parametrize(
    ("element", "inside", "rules"),
    [
        ("LineExtensionAmount", "InvoiceLine", ["BR-CO-10"]),
        ("LineExtensionAmount", "LegalMonetaryTotal", ["BR-CO-10", "BR-CO-13"]),
        ("Amount", "AllowanceCharge", ["BR-CO-13"]),
        ("AllowanceTotalAmount", "LegalMonetaryTotal", ["BR-CO-13"]),
        ("TaxExclusiveAmount", "LegalMonetaryTotal", ["BR-CO-13", "BR-CO-15"]),
        ("TaxAmount", "TaxTotal", ["BR-CO-15"]),
        ("TaxInclusiveAmount", "LegalMonetaryTotal", ["BR-CO-15", "BR-CO-16"]),
        ("PayableAmount", "LegalMonetaryTotal", ["BR-CO-16"]),
    ],
)
def test_each_amount_is_judged_by_the_rules_that_use_it(element, inside, rules):
    assert broken_rules(with_value(RIGHT, element, "1.23", inside)) == rules


@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=30), vat=AMOUNTS, prepaid=AMOUNTS, rounding=AMOUNTS)
def test_totals_that_are_worked_out_exactly_break_no_rule(amounts, vat, prepaid, rounding):
    total = sum(amounts, Decimal(0))
    invoice = replace(
        RIGHT_INVOICE,
        lines=tuple(Line(str(position), net) for position, net in enumerate(amounts)),
        allowances=(),
        allowance_total=None,
        line_total=total,
        tax_exclusive=total,
        vat_total=vat,
        tax_inclusive=total + vat,
        prepaid=prepaid,
        rounding=rounding,
        payable=total + vat - prepaid + rounding,
    )
    assert check(invoice) == ()


def test_sums_are_exact_beyond_the_digits_that_decimal_keeps_by_itself():
    large, cent = Decimal("123456789012345678.01"), Decimal("0.000001")
    lines = (*(Line(str(n), large) for n in range(50_000)), Line("last", cent))
    invoice = replace(RIGHT_INVOICE, lines=lines, line_total=Decimal("6172839450617283900500.000001"))
    with localcontext(prec=9):
        assert "BR-CO-10" not in [mismatch.rule for mismatch in check(invoice)]
        off = replace(invoice, line_total=Decimal("6172839450617283900500.000002"))
        assert "BR-CO-10" in [mismatch.rule for mismatch in check(off)]


def test_an_amount_is_compared_as_a_number_not_as_text():
    assert broken_rules(with_value(RIGHT, "PayableAmount", "069347.5000")) == []


def test_a_total_without_single_items_counts_as_stated():
    invoice = replace(RIGHT_INVOICE, allowances=())
    assert check(invoice) == ()


def test_items_without_a_total_are_added_up():
    invoice = replace(RIGHT_INVOICE, allowance_total=None)
    assert check(invoice) == ()


def test_an_allowance_total_that_contradicts_its_items_is_found():
    invoice = replace(RIGHT_INVOICE, allowances=(Decimal("2400.00"),))
    (mismatch,) = check(invoice)
    assert (mismatch.rule, mismatch.difference) == ("BR-CO-13", Decimal("-100.00"))
    assert "as its single items add up" in mismatch.sentence


def test_the_sentence_says_what_is_stated_what_is_right_and_by_how_much():
    (mismatch,) = check(replace(RIGHT_INVOICE, payable=Decimal("69437.50")))
    assert mismatch.sentence == (
        "Total with VAT 69,347.50 less prepaid 0.00 plus rounding 0.00 is 69,347.50 SEK, "
        "but the amount due (PayableAmount) is 69,437.50 SEK: 90.00 too much."
    )
    assert mismatch.as_dict() == {
        "rule": "BR-CO-16",
        "sentence": mismatch.sentence,
        "stated": "69437.50",
        "computed": "69347.50",
        "difference": "90.00",
        "currency": "SEK",
    }


def test_too_little_is_told_apart_from_too_much():
    (mismatch,) = check(replace(RIGHT_INVOICE, payable=Decimal("69347.49")))
    assert mismatch.sentence.endswith("69,347.49 SEK: 0.01 too little.")


def test_the_rules_are_those_of_the_standard():
    assert list(RULES) == ["BR-CO-10", "BR-CO-13", "BR-CO-15", "BR-CO-16"]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00"),
        ("-0.00", "0.00"),
        ("1234.5", "1,234.50"),
        ("-1234567.891", "-1,234,567.891"),
        ("-0.5", "-0.50"),
        ("1E+3", "1,000.00"),
        ("100.000000", "100.00"),
    ],
)
def test_amounts_are_printed_for_people_without_rounding(amount, text):
    assert shown(Decimal(amount)) == text


@given(st.lists(AMOUNTS))
def test_a_sum_does_not_depend_on_the_order(amounts):
    assume(amounts)
    assert exact_sum(amounts) == exact_sum(reversed(amounts)) == sum(amounts)
