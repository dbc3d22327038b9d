"""Reading a file into the facts that a run carries from step to step."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from executions.authoring import StoredFile
from workflows.invoices.amounts import plain, shown
from workflows.invoices.problems import ParseProblem
from workflows.invoices.rules import check
from workflows.invoices.ubl import parse_invoice, parse_root

READY, MISMATCH, UNREADABLE, ACCEPTED, LEFT_OUT = "ready", "mismatch", "unreadable", "accepted", "left_out"
OPEN_STATUSES = (MISMATCH, UNREADABLE)
"""Statuses that need a person."""

type Facts = dict[str, Any]
"""What a run knows of one document, as plain JSON; amounts are decimal text."""


def check_upload(name: str, content: bytes) -> None:
    """Refuse at the door what is no invoice at all; a wrong invoice is let in, to be asked about.

    Args:
        name: the file's name.
        content: its bytes.

    Raises:
        ValidationError: unsafe or unreadable XML, or not a UBL Invoice or CreditNote.
    """
    try:
        parse_root(content)
    except ParseProblem as problem:
        raise ValidationError(problem.detail, code=problem.code) from problem


def read_document(file: StoredFile) -> Facts:
    """Read and check one version of a file.

    Args:
        file: the version to read.

    Returns:
        Facts with ``status`` ``ready``, ``mismatch`` or ``unreadable``. ``problems`` says what is wrong, each with a
        ``sentence`` for people. An unreadable document has no amounts.
    """
    source = {"sha256": file.sha256, "version": file.version}
    try:
        invoice = parse_invoice(file.content)
    except ParseProblem as problem:
        return {**source, "status": UNREADABLE, "problems": [{"rule": problem.code, "sentence": problem.detail}]}
    mismatches = check(invoice)
    return {
        **source,
        "status": MISMATCH if mismatches else READY,
        "kind": invoice.kind,
        "number": invoice.number,
        "supplier": invoice.supplier.name,
        "supplier_id": invoice.supplier.id,
        "currency": invoice.currency,
        "amount": plain(invoice.signed_payable),
        "problems": [mismatch.as_dict() for mismatch in mismatches],
    }


def sentence_on(name: str, facts: Facts) -> str:
    """Say in one line what was read, for a run's history.

    Args:
        name: the file's name.
        facts: what ``read_document`` returned.

    Returns:
        A sentence that names the file and what is wrong with it.
    """
    problems = " ".join(problem["sentence"] for problem in facts["problems"])
    if facts["status"] == UNREADABLE:
        return f"{name} cannot be read: {problems}"
    return f"{title_of(facts)} ({name}): {problems or 'totals agree.'}"


def title_of(facts: Facts) -> str:
    """Name a readable document for people: its kind, number, supplier and amount."""
    kind = "Credit note" if facts["kind"] == "credit_note" else "Invoice"
    return f"{kind} {facts['number']} of {facts['supplier']}, {shown(Decimal(facts['amount']))} {facts['currency']}"
