"""Picking single facts out of UBL elements, with errors that name the place."""

import re
from decimal import Decimal
from xml.etree.ElementTree import Element

from workflows.invoices.amounts import parse_decimal, quoted
from workflows.invoices.problems import ParseProblem

PREFIXES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
"""The namespaces of UBL's aggregates and basic values, by their customary prefixes."""

_CURRENCY = re.compile(r"[A-Z]{3}")
_TEXT_LIMIT = 300


def find_one(parent: Element, path: str, inside: str = "") -> Element:
    """Find a child that must be there once.

    Args:
        parent: the element to look in.
        path: the child's prefixed name, such as ``cbc:ID``.
        inside: the parent's path, for the error.

    Returns:
        The child.

    Raises:
        ParseProblem: missing or repeated.
    """
    found = find_at_most_one(parent, path, inside)
    if found is None:
        where = _place(inside, path)
        raise ParseProblem("missing", f"{where} is missing. Ask the supplier for a file that states it.", where)
    return found


def find_at_most_one(parent: Element, path: str, inside: str = "") -> Element | None:
    """Find a child that may be there once, else None. Arguments and errors are those of ``find_one``."""
    found = parent.findall(path, PREFIXES)
    if len(found) > 1:
        where = _place(inside, path)
        raise ParseProblem(
            "repeated", f"{where} is stated {len(found)} times, so it is unclear which one counts. Keep one.", where
        )
    return found[0] if found else None


def read_first(parent: Element, inside: str, *paths: str) -> str:
    """Read the first of several texts that is stated.

    Args:
        parent: the element to look in.
        inside: its path, for the error.
        paths: prefixed paths below it, the preferred one first.

    Returns:
        The text with its white space collapsed; empty if none is stated.

    Raises:
        ParseProblem: longer than accepted, or not a plain value.
    """
    for path in paths:
        found = parent.find(path, PREFIXES)
        if found is not None and (value := " ".join(_plain(found, _place(inside, path)).split())):
            return _bounded(value, _place(inside, path))
    return ""


def read_text(element: Element, where: str) -> str:
    """Read a text that must not be empty.

    Args:
        element: the element that holds it.
        where: its path, for the error.

    Returns:
        The text with its white space collapsed.

    Raises:
        ParseProblem: empty, longer than accepted, or not a plain value.
    """
    value = " ".join(_plain(element, where).split())
    if not value:
        raise ParseProblem("missing", f"{where} is empty. Ask the supplier for a file that states it.", where)
    return _bounded(value, where)


def read_currency(element: Element, where: str) -> str:
    """Read a currency code: three capitals. Arguments and errors are those of ``read_text``."""
    code = read_text(element, where)
    if not _CURRENCY.fullmatch(code):
        raise ParseProblem(
            "currency-unknown",
            f"{where} is {quoted(code)}; write an ISO 4217 code of three capitals, such as EUR.",
            where,
        )
    return code


def read_amount(element: Element, where: str, currency: str) -> Decimal:
    """Read an amount of money.

    Args:
        element: the element that holds it and names its currency.
        where: its path, for the error.
        currency: the code it must be in.

    Returns:
        The exact amount.

    Raises:
        ParseProblem: no currency, another currency, not an xsd:decimal, or too many digits.
    """
    code = element.get("currencyID")
    if not code:
        raise ParseProblem("currency-missing", f"{where} has no currencyID. State it as {currency}.", where)
    if code != currency:
        raise ParseProblem(
            "currency-mixed",
            f"{where} is in {quoted(code)}, but the document is in {currency}. All amounts must be in one currency.",
            where,
        )
    return parse_decimal(_plain(element, where), where)


def _plain(element: Element, where: str) -> str:
    # Text on both sides of a child element would read as another number than the one a person sees.
    if len(element):
        raise ParseProblem(
            "nested", f"{where} must hold a plain value, but has elements inside. Ask for another file.", where
        )
    return element.text or ""


def _bounded(value: str, where: str) -> str:
    if len(value) > _TEXT_LIMIT:
        raise ParseProblem(
            "too-long", f"{where} has {len(value):,} characters; at most {_TEXT_LIMIT} are accepted. Shorten it.", where
        )
    return value


def _place(inside: str, path: str) -> str:
    name = path.replace("cac:", "").replace("cbc:", "")
    return f"{inside}/{name}" if inside else name
