"""Posting to the ledger, taking postings back, and adding them up."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from workflows.invoices.amounts import exact_negative, plain
from workflows.invoices.documents import Facts
from workflows.models import LedgerEntry


def post_document(execution_id: str, file_name: str, facts: Facts, idempotency_key: str) -> Facts:
    """Post one document, unless this run has posted that file already.

    Args:
        execution_id: the run.
        file_name: the file's name in it.
        facts: what ``read_document`` found.
        idempotency_key: stable over retries of this posting.

    Returns:
        The facts that stand in the ledger by now.
    """
    entry = LedgerEntry(
        execution_id=UUID(execution_id),
        file_name=file_name,
        sha256=facts["sha256"],
        idempotency_key=idempotency_key,
        document_number=facts["number"],
        supplier_id=facts["supplier_id"],
        supplier_name=facts["supplier"],
        currency=facts["currency"],
        amount=Decimal(facts["amount"]),
    )
    # The constraints decide, not a look beforehand: a step that is run again finds the first posting in its way.
    LedgerEntry.objects.bulk_create([entry], ignore_conflicts=True)
    posted = postings_of(execution_id).get(file_name=file_name)
    return {**facts, "amount": plain(posted.amount), "currency": posted.currency, "sha256": posted.sha256}


def reverse_posting(execution_id: str, file_name: str) -> dict[str, str]:
    """Take a posting back by an entry of the opposite amount, once.

    Args:
        execution_id: the run that posted.
        file_name: the file it posted.

    Returns:
        ``amount`` and ``currency`` of the reversal.
    """
    posted = postings_of(execution_id).get(file_name=file_name)
    reversal = LedgerEntry(
        reverses=posted,
        execution_id=posted.execution_id,
        file_name=posted.file_name,
        sha256=posted.sha256,
        idempotency_key=f"reversal of {posted.idempotency_key}",
        document_number=posted.document_number,
        supplier_id=posted.supplier_id,
        supplier_name=posted.supplier_name,
        currency=posted.currency,
        amount=exact_negative(posted.amount),
    )
    LedgerEntry.objects.bulk_create([reversal], ignore_conflicts=True)
    return {"amount": plain(reversal.amount), "currency": reversal.currency}


def postings_of(execution_id: str) -> QuerySet[LedgerEntry]:
    """Return what a run has posted, without reversals, in the order of posting."""
    return LedgerEntry.objects.filter(execution_id=UUID(execution_id), reverses__isnull=True).order_by("pk")


def sums_of(execution_id: str) -> dict[str, list[dict[str, Any]]]:
    """Add up what a run has posted.

    Args:
        execution_id: the run.

    Returns:
        ``by_currency`` and ``by_supplier``: rows with the number of documents and the amount as decimal text. A
        supplier is told apart by its identifier and name, and counted per currency.
    """
    return {
        "by_currency": _added_up(execution_id, "currency"),
        "by_supplier": _added_up(execution_id, "supplier_name", "supplier_id", "currency"),
    }


def _added_up(execution_id: str, *keys: str) -> list[dict[str, Any]]:
    # The ledger's total is a plain sum in numeric, so PostgreSQL adds exactly.
    groups = (
        postings_of(execution_id).order_by(*keys).values(*keys).annotate(documents=Count("pk"), total=Sum("amount"))
    )
    return [
        {**{key: row[key] for key in keys}, "documents": row["documents"], "amount": plain(row["total"])}
        for row in groups
    ]
