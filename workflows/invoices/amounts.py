"""Amounts of money: read exactly, added exactly, printed for people."""

import re
from collections.abc import Iterable
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

from workflows.invoices.problems import ParseProblem

INTEGER_DIGITS = 18
"""Most digits before the decimal point: a bound that every real amount keeps and the ledger's column can hold."""
FRACTION_DIGITS = 6
"""Most digits after it. EN 16931 allows two in totals; a few suppliers state line amounts more finely."""

# The lexical form of xsd:decimal, after its white space is collapsed. Decimal() alone would also take "1e5", "NaN",
# "1_000" and the digits of other scripts. Source: XML Schema part 2, section 3.2.3.
_XSD_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_XML_SPACE = " \t\r\n"
# A million amounts of the size above add up within 60 digits; a result that had to be rounded raises.
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow, DivisionByZero])


def parse_decimal(text: str, where: str) -> Decimal:
    """Read an amount exactly as xsd:decimal prescribes.

    Args:
        text: the element's text.
        where: the element's path, for the error.

    Returns:
        The number, with the digits as written.

    Raises:
        ParseProblem: not an xsd:decimal, or with more digits than are accepted.
    """
    lexical = text.strip(_XML_SPACE)
    if not _XSD_DECIMAL.fullmatch(lexical):
        raise ParseProblem(
            "not-decimal",
            f"{where} is {quoted(lexical)}, which is not a decimal number. "
            "Write digits with a decimal point, such as 1234.50: no exponent, thousands separator or unit.",
            where,
        )
    integer, _, fraction = lexical.lstrip("+-").partition(".")
    if len(integer.lstrip("0")) > INTEGER_DIGITS or len(fraction.rstrip("0")) > FRACTION_DIGITS:
        raise ParseProblem(
            "too-many-digits",
            f"{where} is {quoted(lexical)}: at most {INTEGER_DIGITS} digits before and {FRACTION_DIGITS} after the "
            "decimal point are accepted. Ask the supplier to round it.",
            where,
        )
    return Decimal(lexical)


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts without rounding.

    Args:
        amounts: any number of decimals, all in one currency.

    Returns:
        Their sum; 0 if there are none.

    Raises:
        decimal.Inexact: the sum has more than 60 digits.
    """
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def exact_negative(amount: Decimal) -> Decimal:
    """Turn an amount's sign without rounding it.

    Args:
        amount: any decimal.

    Returns:
        The amount with the other sign; 0 stays 0.
    """
    return _EXACT.subtract(Decimal(0), amount)


def plain(amount: Decimal) -> str:
    """Write an amount for JSON: decimal text with at least two decimals, nothing rounded.

    Args:
        amount: any decimal.

    Returns:
        Text such as ``1234.50``.
    """
    return shown(amount).replace(",", "")


def shown(amount: Decimal) -> str:
    """Print an amount for a person: thousands separated, at least two decimals, nothing rounded.

    Args:
        amount: any decimal.

    Returns:
        Text such as ``1,234.50``.
    """
    integer, _, fraction = f"{amount:f}".partition(".")
    sign = "-" if integer.startswith("-") and amount else ""
    return f"{sign}{int(integer.lstrip('-') or '0'):,}.{fraction.rstrip('0').ljust(2, '0')}"


def quoted(text: str) -> str:
    """Quote what a document says, shortened so that a sentence stays one."""
    return f"“{text}”" if len(text) <= 40 else f"“{text[:37]}…”"
