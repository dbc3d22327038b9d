"""Invoices of our own making for the demo: invented suppliers, real arithmetic, three of them wrong."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from workflows.invoices.writer import Adjustment, Document, Item, Totals, Trader, totals_of, write_ubl

_PAPER = Trader("Norrsken Kontor AB", "SE556901234501", "556901-2345", "Hamngatan 14", "Göteborg", "411 14", "SE")
_RACKS = Trader("Brückner Lagertechnik GmbH", "DE812345670", "HRB 48213", "Werkstraße 9", "Bremen", "28197", "DE")
_COFFEE = Trader("Hofgarten Rösterei KG", "DE298765431", "HRA 9120", "Lindenallee 3", "Leipzig", "04109", "DE")
_CLOUD = Trader("Pelican Data Services Ltd", "IE3628491MH", "628491", "12 Quay Street", "Galway", "H91 X2P4", "IE")
_FREIGHT = Trader(
    "Fjellveien Spedition AB", "SE559012345601", "559012-3456", "Terminalvägen 2", "Malmö", "211 24", "SE"
)
_STORE = Trader("Lindqvist Varuhus AB", "SE556123987601", "556123-9876", "Kungsgatan 8", "Stockholm", "111 43", "SE")
_SHOP = Trader("Lindqvist Handel GmbH", "DE345678912", "HRB 77120", "Elbchaussee 21", "Hamburg", "22765", "DE")


def _item(name: str, quantity: str, price: str, rate: int, unit: str = "C62") -> Item:
    return Item(name, Decimal(quantity), Decimal(price), Decimal(rate), unit)


def _day(month: int, day: int) -> datetime.date:
    return datetime.date(2026, month, day)


_DOCUMENTS: dict[str, Document] = {
    "norrsken-2026-0114.xml": Document(
        "2026-0114", _day(3, 2), _PAPER, _STORE, "SEK",
        (_item("Copy paper A4, box of five reams", "24", "289.50", 25), _item("Ring binder, blue", "60", "34.90", 25)),
    ),
    "norrsken-2026-0139.xml": Document(
        "2026-0139", _day(3, 9), _PAPER, _STORE, "SEK",
        (
            _item("Desk, height adjustable", "6", "5490.00", 25),
            _item("Office chair", "6", "2875.00", 25),
            _item("Monitor arm", "12", "649.00", 25),
        ),
        adjustments=(Adjustment("Volume discount", Decimal("2500.00"), Decimal(25)),),
    ),
    "norrsken-2026-0152.xml": Document(
        "2026-0152", _day(3, 16), _PAPER, _STORE, "SEK",
        (_item("Toner cartridge, black", "9", "1149.00", 25), _item("Label roll", "40", "58.75", 25)),
        rounding=Decimal("-0.25"),
    ),
    "brueckner-R-20418.xml": Document(
        "R-20418", _day(3, 4), _RACKS, _SHOP, "EUR",
        (_item("Pallet rack, 3 levels", "14", "312.40", 19), _item("Assembly on site", "11.5", "64.00", 19, "HUR")),
        adjustments=(Adjustment("Freight", Decimal("180.00"), Decimal(19), is_charge=True),),
    ),
    "brueckner-R-20431.xml": Document(
        "R-20431", _day(3, 11), _RACKS, _SHOP, "EUR",
        (
            _item("Pallet rack, 3 levels", "8", "312.40", 19),
            _item("Wire mesh shelf", "32", "27.85", 19),
            _item("Column guard", "16", "19.30", 19),
        ),
    ),
    "brueckner-R-20455.xml": Document(
        "R-20455", _day(3, 18), _RACKS, _SHOP, "EUR",
        (_item("Hand pallet truck, 2.5 t", "3", "429.00", 19), _item("Spare wheel set", "6", "38.20", 19)),
        prepaid=Decimal("500.00"),
    ),
    "hofgarten-88120.xml": Document(
        "88120", _day(3, 3), _COFFEE, _SHOP, "EUR",
        (
            _item("Espresso beans", "36", "17.35", 7, "KGM"),
            _item("Filter coffee, ground", "24", "12.80", 7, "KGM"),
            _item("Coffee machine service", "1", "149.00", 19),
        ),
    ),
    "hofgarten-88164.xml": Document(
        "88164", _day(3, 17), _COFFEE, _SHOP, "EUR",
        (
            _item("Espresso beans", "42", "17.35", 7, "KGM"),
            _item("Oat drink, case of ten", "8", "18.90", 19),
            _item("Paper cups, carton", "5", "41.25", 19),
        ),
    ),
    "pelican-INV-7731.xml": Document(
        "INV-7731", _day(3, 1), _CLOUD, _STORE, "USD",
        (_item("Managed database, February", "1", "1840.00", 0), _item("Object storage", "6.2", "23.00", 0, "4L")),
        accounting_vat=("SEK", Decimal("0.00")),
    ),
    "pelican-INV-7802.xml": Document(
        "INV-7802", _day(3, 20), _CLOUD, _STORE, "USD",
        (
            _item("Managed database, March", "1", "1840.00", 0),
            _item("Support plan, business", "1", "650.00", 0),
            _item("Data transfer", "3.75", "80.00", 0, "4L"),
        ),
        prepaid=Decimal("1000.00"),
    ),
    "fjellveien-F5520.xml": Document(
        "F5520", _day(3, 6), _FREIGHT, _STORE, "SEK",
        (_item("Groupage Malmö–Stockholm", "17", "412.00", 25), _item("Tail lift delivery", "5", "350.00", 25)),
        adjustments=(Adjustment("Fuel surcharge", Decimal("437.70"), Decimal(25), is_charge=True),),
    ),
    "fjellveien-F5533.xml": Document(
        "F5533", _day(3, 13), _FREIGHT, _STORE, "EUR",
        (_item("Full load Malmö–Hamburg", "2", "1185.00", 25), _item("Waiting time", "1.5", "55.00", 25, "HUR")),
        accounting_vat=("SEK", Decimal("6864.51")),
    ),
    "brueckner-G-00312.xml": Document(
        "G-00312", _day(3, 19), _RACKS, _SHOP, "EUR",
        (_item("Wire mesh shelf, returned", "4", "27.85", 19),),
        credits="R-20431",
    ),
}  # fmt: skip


def _line_left_out_of_total(right: Totals) -> Totals:
    # The last line was added after the line total was struck; all that follows agrees with the wrong total.
    missing = Decimal("41.25") * 5
    return replace(
        right,
        line=right.line - missing,
        tax_exclusive=right.tax_exclusive - missing,
        tax_inclusive=right.tax_inclusive - missing,
        payable=right.payable - missing,
    )


def _total_with_vat_mistyped(right: Totals) -> Totals:
    return replace(right, tax_inclusive=right.tax_inclusive + 90, payable=right.payable + 90)


def _prepayment_forgotten(right: Totals) -> Totals:
    return replace(right, payable=right.tax_inclusive)


_MISTAKES: dict[str, tuple[str, Callable[[Totals], Totals]]] = {
    "hofgarten-88164.xml": ("BR-CO-10", _line_left_out_of_total),
    "fjellveien-F5520.xml": ("BR-CO-15", _total_with_vat_mistyped),
    "brueckner-R-20455.xml": ("BR-CO-16", _prepayment_forgotten),
}

WRONG: dict[str, str] = {name: rule for name, (rule, _) in _MISTAKES.items()}
"""Sample files that break a rule, and the one rule each breaks."""


def samples() -> dict[str, bytes]:
    """Write the sample invoices as the suppliers sent them.

    Returns:
        File name → UTF-8 XML: twelve invoices and a credit note, three of them wrong (see ``WRONG``). The same bytes
        each time.
    """
    return {name: _as_sent(name) for name in _DOCUMENTS}


def corrected(name: str) -> bytes:
    """Write a sample as it should have been.

    Args:
        name: file name of a sample, wrong or not.

    Returns:
        UTF-8 XML whose totals are right; for a sample that is right, the bytes ``samples`` gives.

    Raises:
        KeyError: there is no sample of that name.
    """
    return write_ubl(_DOCUMENTS[name])


def _as_sent(name: str) -> bytes:
    document = _DOCUMENTS[name]
    if name not in _MISTAKES:
        return write_ubl(document)
    return write_ubl(document, _MISTAKES[name][1](totals_of(document)))
