"""Where the real invoices lie, and small documents to break."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from workflows.invoices.samples import samples

REAL_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "invoices"
REAL_FILES = sorted(REAL_FOLDER.glob("*.xml"))

needs_real_invoices = pytest.mark.skipif(
    not REAL_FILES, reason="The published EN 16931 examples are not here (../shared/data/invoices)."
)
each_real_invoice = pytest.mark.parametrize(
    "path",
    REAL_FILES or [pytest.param(None, marks=needs_real_invoices)],
    ids=lambda path: path.name if path else "none",
)

RIGHT = samples()["norrsken-2026-0139.xml"].decode()
"""A right invoice in SEK with three lines and an allowance, as text."""

TWO_CURRENCIES = samples()["fjellveien-F5533.xml"].decode()
"""A right invoice in EUR that repeats its VAT total in SEK, as text."""


def with_value(text: str, element: str, value: str, inside: str = "") -> str:
    """Replace the first value of an element, after the first start tag of ``inside``."""
    start = text.index(f"<cac:{inside}>") if inside else 0
    changed, count = re.subn(
        rf"(<cbc:{element}(?: [^>]*)?>)[^<]*(</cbc:{element}>)", rf"\g<1>{value}\g<2>", text[start:], count=1
    )
    assert count == 1, f"no {element} in {inside or 'the document'}"
    return text[:start] + changed


def without(text: str, element: str, inside: str = "") -> str:
    """Leave out an element with all it holds, after the first start tag of ``inside``."""
    start = text.index(f"<{inside}>") if inside else 0
    changed, count = re.subn(rf"<{element}(?: [^>]*)?>.*?</{element}>", "", text[start:], count=1, flags=re.DOTALL)
    assert count == 1, f"no {element} in {inside or 'the document'}"
    return text[:start] + changed


def value_of(text: str, element: str, inside: str = "") -> Decimal:
    """Read the first value of an element as a number, after the first start tag of ``inside``."""
    start = text.index(f"<cac:{inside}>") if inside else 0
    found = re.search(rf"<cbc:{element}(?: [^>]*)?>([^<]*)</cbc:{element}>", text[start:])
    assert found, f"no {element} in {inside or 'the document'}"
    return Decimal(found[1])
