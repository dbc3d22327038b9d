"""The arithmetic that EN 16931 demands of every invoice, with exact decimals."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from workflows.invoices.amounts import exact_negative, exact_sum, shown
from workflows.invoices.ubl import Invoice


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A rule that an invoice breaks, told to the reviewer.

    ``difference`` is stated minus computed: positive if the document states too much. Amounts are in ``currency``.
    """

    rule: str
    sentence: str
    stated: Decimal
    computed: Decimal
    difference: Decimal
    currency: str

    def as_dict(self) -> dict[str, str]:
        """Return every field as plain JSON, amounts as decimal text."""
        return {
            "rule": self.rule,
            "sentence": self.sentence,
            "stated": f"{self.stated:f}",
            "computed": f"{self.computed:f}",
            "difference": f"{self.difference:f}",
            "currency": self.currency,
        }


def check(invoice: Invoice) -> tuple[Mismatch, ...]:
    """Check an invoice's totals against each other.

    Args:
        invoice: what the document states.

    Returns:
        One mismatch per broken rule, in the order of the rules; empty if all hold. Source: EN 16931-1, BR-CO-10,
        BR-CO-13, BR-CO-15 and BR-CO-16.
    """
    return tuple(mismatch for rule in RULES.values() if (mismatch := rule(invoice)) is not None)


def _line_total(invoice: Invoice) -> Mismatch | None:
    computed = exact_sum(line.net for line in invoice.lines)
    count = len(invoice.lines)
    lines = "The one line comes to" if count == 1 else f"The {count} lines add up to"
    return _compare(
        "BR-CO-10",
        invoice,
        invoice.line_total,
        computed,
        f"{lines} {_money(invoice, computed)}, but the line total (LineExtensionAmount) is",
    )


def _tax_exclusive(invoice: Invoice) -> Mismatch | None:
    for allowances, charges, source in _document_level(invoice):
        computed = exact_sum([invoice.line_total, exact_negative(allowances), charges])
        mismatch = _compare(
            "BR-CO-13",
            invoice,
            invoice.tax_exclusive,
            computed,
            f"Line total {shown(invoice.line_total)} less allowances {shown(allowances)} plus charges {shown(charges)} "
            f"({source}) is {_money(invoice, computed)}, but the total without VAT (TaxExclusiveAmount) is",
        )
        if mismatch:
            return mismatch
    return None


def _document_level(invoice: Invoice) -> Iterator[tuple[Decimal, Decimal, str]]:
    """Allowances and charges as the totals state them, then as the single items add up.

    The standard computes with the totals (BT-107, BT-108). A total that contradicts its own items would hide a wrong
    amount behind a sum that fits, so the items must lead to the same result. Without items the stated total counts.
    """
    item_allowances, item_charges = exact_sum(invoice.allowances), exact_sum(invoice.charges)
    allowances = item_allowances if invoice.allowance_total is None else invoice.allowance_total
    charges = item_charges if invoice.charge_total is None else invoice.charge_total
    yield allowances, charges, "as the document totals them"
    yield (
        item_allowances if invoice.allowances else allowances,
        item_charges if invoice.charges else charges,
        "as its single items add up",
    )


def _tax_inclusive(invoice: Invoice) -> Mismatch | None:
    computed = exact_sum([invoice.tax_exclusive, invoice.vat_total])
    return _compare(
        "BR-CO-15",
        invoice,
        invoice.tax_inclusive,
        computed,
        f"Total without VAT {shown(invoice.tax_exclusive)} plus VAT {shown(invoice.vat_total)} is "
        f"{_money(invoice, computed)}, but the total with VAT (TaxInclusiveAmount) is",
    )


def _payable(invoice: Invoice) -> Mismatch | None:
    computed = exact_sum([invoice.tax_inclusive, exact_negative(invoice.prepaid), invoice.rounding])
    return _compare(
        "BR-CO-16",
        invoice,
        invoice.payable,
        computed,
        f"Total with VAT {shown(invoice.tax_inclusive)} less prepaid {shown(invoice.prepaid)} plus rounding "
        f"{shown(invoice.rounding)} is {_money(invoice, computed)}, but the amount due (PayableAmount) is",
    )


RULES: dict[str, Callable[[Invoice], Mismatch | None]] = {
    "BR-CO-10": _line_total,
    "BR-CO-13": _tax_exclusive,
    "BR-CO-15": _tax_inclusive,
    "BR-CO-16": _payable,
}
"""The checks by the standard's rule number; each returns a mismatch, or None if the rule holds."""


def _compare(rule: str, invoice: Invoice, stated: Decimal, computed: Decimal, start: str) -> Mismatch | None:
    difference = exact_sum([stated, exact_negative(computed)])
    if not difference:
        return None
    # Decimal.copy_abs never rounds, unlike abs().
    size = shown(difference.copy_abs())
    return Mismatch(
        rule=rule,
        sentence=f"{start} {_money(invoice, stated)}: {size} too {'much' if difference > 0 else 'little'}.",
        stated=stated,
        computed=computed,
        difference=difference,
        currency=invoice.currency,
    )


def _money(invoice: Invoice, amount: Decimal) -> str:
    return f"{shown(amount)} {invoice.currency}"
