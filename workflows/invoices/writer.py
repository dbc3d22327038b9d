"""Writing UBL 2.1 invoices and credit notes, for samples and tests."""

import datetime
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from workflows.invoices.amounts import exact_sum
from workflows.invoices.elements import PREFIXES

_CENT = Decimal("0.01")
_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Trader:
    """A party as it prints itself; ``country`` is an ISO 3166 code."""

    name: str
    vat: str
    registration: str
    street: str
    city: str
    postcode: str
    country: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line: quantity times unit price, at a VAT rate in per cent. ``unit`` is a UN/ECE code: C62 is a piece."""

    name: str
    quantity: Decimal
    price: Decimal
    rate: Decimal
    unit: str = "C62"

    @property
    def net(self) -> Decimal:
        return (self.quantity * self.price).quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An allowance or charge on the whole document, at a VAT rate in per cent."""

    reason: str
    amount: Decimal
    rate: Decimal
    is_charge: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or credit note before its totals are worked out.

    ``accounting_vat`` repeats the VAT total in another currency (code, amount); ``credits`` is the number of the
    invoice that a credit note takes back.
    """

    number: str
    issued: datetime.date
    supplier: Trader
    customer: Trader
    currency: str
    items: tuple[Item, ...]
    adjustments: tuple[Adjustment, ...] = ()
    prepaid: Decimal = _ZERO
    rounding: Decimal = _ZERO
    accounting_vat: tuple[str, Decimal] | None = None
    credits: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """The document's totals. ``by_rate`` maps a VAT rate to its taxable amount and VAT."""

    by_rate: dict[Decimal, tuple[Decimal, Decimal]]
    line: Decimal
    allowance: Decimal
    charge: Decimal
    tax_exclusive: Decimal
    vat: Decimal
    tax_inclusive: Decimal
    payable: Decimal


def totals_of(document: Document) -> Totals:
    """Work out a document's totals.

    Args:
        document: items and adjustments.

    Returns:
        Totals that satisfy EN 16931; VAT is rounded half up per rate (BR-CO-17).
    """
    taxable: dict[Decimal, Decimal] = defaultdict(lambda: _ZERO)
    for item in document.items:
        taxable[item.rate] += item.net
    for adjustment in document.adjustments:
        taxable[adjustment.rate] += adjustment.amount if adjustment.is_charge else -adjustment.amount
    by_rate = {
        rate: (amount, (amount * rate / 100).quantize(_CENT, ROUND_HALF_UP)) for rate, amount in sorted(taxable.items())
    }
    line = exact_sum([_ZERO, *(item.net for item in document.items)])
    allowance = exact_sum([_ZERO, *(part.amount for part in document.adjustments if not part.is_charge)])
    charge = exact_sum([_ZERO, *(part.amount for part in document.adjustments if part.is_charge)])
    vat = exact_sum([_ZERO, *(vat for _, vat in by_rate.values())])
    tax_exclusive = line - allowance + charge
    return Totals(
        by_rate=by_rate,
        line=line,
        allowance=allowance,
        charge=charge,
        tax_exclusive=tax_exclusive,
        vat=vat,
        tax_inclusive=tax_exclusive + vat,
        payable=tax_exclusive + vat - document.prepaid + document.rounding,
    )


def write_ubl(document: Document, totals: Totals | None = None) -> bytes:
    """Write a document as UBL 2.1, elements in the order of the schema.

    Args:
        document: what to write.
        totals: totals to state, right or wrong; worked out if not given.

    Returns:
        UTF-8 XML; the same bytes for the same input.
    """
    return _Writer(document, totals or totals_of(document)).write()


class _Writer:
    def __init__(self, document: Document, totals: Totals) -> None:
        self.document = document
        self.totals = totals
        self.kind = "CreditNote" if document.credits else "Invoice"

    def write(self) -> bytes:
        document, totals = self.document, self.totals
        # Prefixes are written out: ElementTree's own are kept in one table for the whole process, which threads share.
        root = Element(self.kind, {"xmlns": f"urn:oasis:names:specification:ubl:schema:xsd:{self.kind}-2"})
        root.attrib.update({f"xmlns:{prefix}": uri for prefix, uri in PREFIXES.items()})
        _put(root, "cbc:CustomizationID", "urn:cen.eu:en16931:2017")
        _put(root, "cbc:ID", document.number)
        _put(root, "cbc:IssueDate", document.issued.isoformat())
        if self.kind == "Invoice":
            _put(root, "cbc:DueDate", (document.issued + datetime.timedelta(days=30)).isoformat())
        _put(root, f"cbc:{self.kind}TypeCode", "381" if document.credits else "380")
        _put(root, "cbc:DocumentCurrencyCode", document.currency)
        if document.accounting_vat:
            _put(root, "cbc:TaxCurrencyCode", document.accounting_vat[0])
        if document.credits:
            _put(root, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID", document.credits)
        self._party(root, "AccountingSupplierParty", document.supplier)
        self._party(root, "AccountingCustomerParty", document.customer)
        _put(root, "cac:PaymentTerms/cbc:Note", "30 days net")
        for adjustment in document.adjustments:
            part = SubElement(root, "cac:AllowanceCharge")
            _put(part, "cbc:ChargeIndicator", "true" if adjustment.is_charge else "false")
            _put(part, "cbc:AllowanceChargeReason", adjustment.reason)
            self._money(part, "cbc:Amount", adjustment.amount)
            self._vat_category(SubElement(part, "cac:TaxCategory"), adjustment.rate)
        self._vat(root)
        total = SubElement(root, "cac:LegalMonetaryTotal")
        self._money(total, "cbc:LineExtensionAmount", totals.line)
        self._money(total, "cbc:TaxExclusiveAmount", totals.tax_exclusive)
        self._money(total, "cbc:TaxInclusiveAmount", totals.tax_inclusive)
        for name, amount in (
            ("AllowanceTotalAmount", totals.allowance),
            ("ChargeTotalAmount", totals.charge),
            ("PrepaidAmount", document.prepaid),
            ("PayableRoundingAmount", document.rounding),
        ):
            if amount:
                self._money(total, f"cbc:{name}", amount)
        self._money(total, "cbc:PayableAmount", totals.payable)
        for position, item in enumerate(document.items, start=1):
            self._line(root, position, item)
        indent(root)
        return bytes(tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"

    def _party(self, root: Element, role: str, trader: Trader) -> None:
        party = SubElement(SubElement(root, f"cac:{role}"), "cac:Party")
        _put(party, "cac:PartyName/cbc:Name", trader.name)
        address = SubElement(party, "cac:PostalAddress")
        _put(address, "cbc:StreetName", trader.street)
        _put(address, "cbc:CityName", trader.city)
        _put(address, "cbc:PostalZone", trader.postcode)
        _put(address, "cac:Country/cbc:IdentificationCode", trader.country)
        scheme = SubElement(party, "cac:PartyTaxScheme")
        _put(scheme, "cbc:CompanyID", trader.vat)
        _put(scheme, "cac:TaxScheme/cbc:ID", "VAT")
        legal = SubElement(party, "cac:PartyLegalEntity")
        _put(legal, "cbc:RegistrationName", trader.name)
        _put(legal, "cbc:CompanyID", trader.registration)

    def _vat(self, root: Element) -> None:
        total = SubElement(root, "cac:TaxTotal")
        self._money(total, "cbc:TaxAmount", self.totals.vat)
        for rate, (taxable, vat) in self.totals.by_rate.items():
            subtotal = SubElement(total, "cac:TaxSubtotal")
            self._money(subtotal, "cbc:TaxableAmount", taxable)
            self._money(subtotal, "cbc:TaxAmount", vat)
            self._vat_category(SubElement(subtotal, "cac:TaxCategory"), rate, explain=True)
        if self.document.accounting_vat:
            code, amount = self.document.accounting_vat
            repeated = SubElement(root, "cac:TaxTotal")
            _put(repeated, "cbc:TaxAmount", f"{amount:f}").set("currencyID", code)

    def _vat_category(self, category: Element, rate: Decimal, *, explain: bool = False) -> None:
        # The samples tax nothing at 0 % but services across a border, where the customer owes the VAT.
        _put(category, "cbc:ID", "S" if rate else "AE")
        _put(category, "cbc:Percent", f"{rate:f}")
        if explain and not rate:
            _put(category, "cbc:TaxExemptionReason", "Reverse charge")
        _put(category, "cac:TaxScheme/cbc:ID", "VAT")

    def _line(self, root: Element, position: int, item: Item) -> None:
        line = SubElement(root, f"cac:{self.kind}Line")
        _put(line, "cbc:ID", str(position))
        quantity = "CreditedQuantity" if self.kind == "CreditNote" else "InvoicedQuantity"
        _put(line, f"cbc:{quantity}", f"{item.quantity:f}").set("unitCode", item.unit)
        self._money(line, "cbc:LineExtensionAmount", item.net)
        goods = SubElement(line, "cac:Item")
        _put(goods, "cbc:Name", item.name)
        self._vat_category(SubElement(goods, "cac:ClassifiedTaxCategory"), item.rate)
        self._money(line, "cac:Price/cbc:PriceAmount", item.price)

    def _money(self, parent: Element, path: str, amount: Decimal) -> None:
        _put(parent, path, f"{amount:f}").set("currencyID", self.document.currency)


def _put(parent: Element, path: str, text: str) -> Element:
    for part in path.split("/"):
        parent = SubElement(parent, part)
    parent.text = text
    return parent
