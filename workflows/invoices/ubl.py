"""UBL 2.1 invoices and credit notes, read into what the checks and the ledger need."""

import datetime
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from xml.etree.ElementTree import Element

from workflows.invoices.amounts import exact_negative, quoted
from workflows.invoices.elements import (
    PREFIXES,
    find_at_most_one,
    find_one,
    read_amount,
    read_currency,
    read_first,
    read_text,
)
from workflows.invoices.problems import ParseProblem
from workflows.invoices.safexml import parse_xml

__all__ = ["Invoice", "Line", "ParseProblem", "Party", "parse_invoice", "parse_root"]

type Kind = Literal["invoice", "credit_note"]

_ROOTS: dict[str, tuple[Kind, str]] = {
    "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": ("invoice", "InvoiceLine"),
    "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": ("credit_note", "CreditNoteLine"),
}
# xsd:date may carry a time zone, which says nothing about the day printed on the invoice.
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")


@dataclass(frozen=True, slots=True)
class Party:
    """Supplier or customer: legal name, and an identifier (VAT number if stated), which may be empty."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Line:
    """One invoice line: its identifier and net amount (BT-126, BT-131)."""

    id: str
    net: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """What one document states. Every amount is exact and in ``currency``, with the sign as written.

    ``allowances`` and ``charges`` are those of the document, not of its lines. ``allowance_total`` and
    ``charge_total`` are None where the document states none. Source: EN 16931-1, BT and BG numbers beside the fields.
    """

    kind: Kind
    number: str  # BT-1
    issue_date: datetime.date  # BT-2
    supplier: Party  # BG-4
    customer: Party  # BG-7
    currency: str  # BT-5
    lines: tuple[Line, ...]  # BG-25
    allowances: tuple[Decimal, ...]  # BT-92
    charges: tuple[Decimal, ...]  # BT-99
    line_total: Decimal  # BT-106
    allowance_total: Decimal | None  # BT-107
    charge_total: Decimal | None  # BT-108
    tax_exclusive: Decimal  # BT-109
    vat_total: Decimal  # BT-110
    tax_inclusive: Decimal  # BT-112
    prepaid: Decimal  # BT-113
    rounding: Decimal  # BT-114
    payable: Decimal  # BT-115

    @property
    def signed_payable(self) -> Decimal:
        """The amount due as a ledger counts it: a credit note counts against what is owed."""
        return exact_negative(self.payable) if self.kind == "credit_note" else self.payable


def parse_invoice(content: bytes) -> Invoice:
    """Read one UBL 2.1 Invoice or CreditNote.

    Args:
        content: the file's bytes, in any encoding that XML allows and Python knows.

    Returns:
        What the document states. Whether its sums are right is for ``rules.check`` to say.

    Raises:
        ParseProblem: unsafe or unreadable XML, not an invoice, or a fact missing, repeated, unreadable or in another
            currency.
    """
    root = parse_root(content)
    kind, line_name = _ROOTS[root.tag]
    currency = _document_currency(root)
    total = find_one(root, "cac:LegalMonetaryTotal")
    allowances, charges = _allowances_and_charges(root, currency)

    def stated(name: str) -> Decimal:
        return read_amount(find_one(total, f"cbc:{name}", "LegalMonetaryTotal"), f"LegalMonetaryTotal/{name}", currency)

    def optional(name: str) -> Decimal | None:
        found = find_at_most_one(total, f"cbc:{name}", "LegalMonetaryTotal")
        return None if found is None else read_amount(found, f"LegalMonetaryTotal/{name}", currency)

    return Invoice(
        kind=kind,
        number=read_text(find_one(root, "cbc:ID"), "ID"),
        issue_date=_issue_date(root),
        supplier=_party(root, "AccountingSupplierParty"),
        customer=_party(root, "AccountingCustomerParty"),
        currency=currency,
        lines=_lines(root, line_name, currency),
        allowances=allowances,
        charges=charges,
        line_total=stated("LineExtensionAmount"),
        allowance_total=optional("AllowanceTotalAmount"),
        charge_total=optional("ChargeTotalAmount"),
        tax_exclusive=stated("TaxExclusiveAmount"),
        vat_total=_vat_total(root, currency),
        tax_inclusive=stated("TaxInclusiveAmount"),
        prepaid=optional("PrepaidAmount") or Decimal(0),
        rounding=optional("PayableRoundingAmount") or Decimal(0),
        payable=stated("PayableAmount"),
    )


def parse_root(content: bytes) -> Element:
    """Parse a file as far as to know that it is an invoice or credit note.

    Args:
        content: the file's bytes.

    Returns:
        The root element.

    Raises:
        ParseProblem: unsafe or unreadable XML, or another kind of document.
    """
    root = parse_xml(content)
    if root.tag not in _ROOTS:
        raise ParseProblem(
            "not-ubl",
            f"The document is {_described(root)}, not a UBL 2.1 Invoice or CreditNote. "
            "Ask the supplier for the invoice as UBL 2.1.",
        )
    return root


def _document_currency(root: Element) -> str:
    where = "DocumentCurrencyCode"
    found = find_at_most_one(root, f"cbc:{where}")
    if found is None:
        raise ParseProblem(
            "currency-missing",
            f"{where} is missing, so the amounts mean nothing. Ask the supplier for a file that states it.",
            where,
        )
    return read_currency(found, where)


def _issue_date(root: Element) -> datetime.date:
    text = read_text(find_one(root, "cbc:IssueDate"), "IssueDate")
    match = _DATE.fullmatch(text)
    try:
        return datetime.date.fromisoformat(match[1] if match else "")
    except ValueError as error:
        raise ParseProblem(
            "not-a-date",
            f"IssueDate is {quoted(text)}; write a date as year-month-day, such as 2026-03-31.",
            "IssueDate",
        ) from error


def _vat_total(root: Element, currency: str) -> Decimal:
    # The total in the document's currency is BT-110. A second one may repeat it in the accounting currency (BT-111).
    where = "TaxTotal/TaxAmount"
    stated_code = find_at_most_one(root, "cbc:TaxCurrencyCode")
    accounting = currency if stated_code is None else read_currency(stated_code, "TaxCurrencyCode")
    by_currency: dict[str, Decimal] = {}
    for tax_total in root.findall("cac:TaxTotal", PREFIXES):
        element = find_one(tax_total, "cbc:TaxAmount", "TaxTotal")
        code = element.get("currencyID", "")
        value = read_amount(element, where, accounting if code == accounting else currency)
        if code in by_currency:
            raise ParseProblem(
                "repeated", f"There are two VAT totals in {code}, so it is unclear which one counts. Keep one.", where
            )
        by_currency[code] = value
    if currency not in by_currency:
        raise ParseProblem(
            "missing", f"{where} in {currency} is missing. State the VAT total in the document's currency.", where
        )
    return by_currency[currency]


def _allowances_and_charges(root: Element, currency: str) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    allowances: list[Decimal] = []
    charges: list[Decimal] = []
    for element in root.findall("cac:AllowanceCharge", PREFIXES):
        where = "AllowanceCharge/ChargeIndicator"
        indicator = read_text(find_one(element, "cbc:ChargeIndicator", "AllowanceCharge"), where)
        if indicator not in ("true", "false", "1", "0"):
            raise ParseProblem(
                "not-boolean",
                f"{where} is {quoted(indicator)}; write true for a charge or false for an allowance.",
                where,
            )
        side = charges if indicator in ("true", "1") else allowances
        amount = find_one(element, "cbc:Amount", "AllowanceCharge")
        side.append(read_amount(amount, "AllowanceCharge/Amount", currency))
    return tuple(allowances), tuple(charges)


def _lines(root: Element, name: str, currency: str) -> tuple[Line, ...]:
    found = root.findall(f"cac:{name}", PREFIXES)
    if not found:
        raise ParseProblem("missing", f"The document has no {name}. It needs at least one line.", name)
    lines = []
    for position, element in enumerate(found, start=1):
        where = f"{name}[{position}]"
        line_id = read_text(find_one(element, "cbc:ID", where), f"{where}/ID")
        net = find_one(element, "cbc:LineExtensionAmount", where)
        lines.append(Line(id=line_id, net=read_amount(net, f"{where}/LineExtensionAmount", currency)))
    return tuple(lines)


def _party(root: Element, role: str) -> Party:
    party = find_one(find_one(root, f"cac:{role}"), "cac:Party", role)
    where = f"{role}/Party"
    name = read_first(party, where, "cac:PartyLegalEntity/cbc:RegistrationName", "cac:PartyName/cbc:Name")
    if not name:
        raise ParseProblem("missing", f"{where} has no RegistrationName or PartyName. State who it is.", where)
    return Party(name=name, id=_vat_number(party, where) or _other_id(party, where))


def _vat_number(party: Element, where: str) -> str:
    for scheme in party.findall("cac:PartyTaxScheme", PREFIXES):
        # A party may state a second, local tax number (BT-32); only the one of the VAT scheme is known across borders.
        if read_first(scheme, where, "cac:TaxScheme/cbc:ID") == "VAT":
            return read_first(scheme, where, "cbc:CompanyID")
    return ""


def _other_id(party: Element, where: str) -> str:
    if registered := read_first(party, where, "cac:PartyLegalEntity/cbc:CompanyID"):
        return registered
    for element in party.findall("cac:PartyIdentification/cbc:ID", PREFIXES):
        # Under the scheme SEPA this element carries a creditor reference for the bank (BT-90), not a party identifier.
        if element.get("schemeID") != "SEPA":
            return read_text(element, f"{where}/PartyIdentification/ID")
    return read_first(party, where, "cbc:EndpointID")


def _described(root: Element) -> str:
    namespace, _, name = root.tag.rpartition("}")
    return f"{quoted(name)} in {quoted(namespace[1:])}" if namespace else f"{quoted(name)} without a namespace"
