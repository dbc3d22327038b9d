"""What the demo workflows write outside their runs: a ledger, and the books of a payment provider."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from workflows.invoices.amounts import FRACTION_DIGITS, INTEGER_DIGITS


class LedgerEntry(models.Model):
    """One invoice or credit note, posted once. Rows are added and never changed.

    What counts as the same invoice is the place it has in its run: ``(execution, file_name)``. The bytes cannot say it,
    because a file may be replaced by a corrected one; supplier and number cannot either, because a correction may
    change both and suppliers do send two files under one number. So a file replaced after it was posted is not posted
    again: ``sha256`` keeps which version was. Two runs given the same file are two orders to post it. A cancelled run
    takes back what it posted by one entry of the opposite amount for each.

    ``execution_id`` is a plain UUID, not a foreign key. The ledger stands for the accounting system, which knows runs
    by id only; and checking a foreign key would lock the execution's row, on which pauses and boundaries meet.
    """

    execution_id = models.UUIDField(help_text="The run that posted it")
    file_name = models.TextField(help_text="Name of the file in that run")
    sha256 = models.TextField(help_text="Hex digest of the bytes that were posted")
    idempotency_key = models.TextField(unique=True, help_text="Stable over retries of the same posting")
    document_number = models.TextField()
    supplier_id = models.TextField(blank=True, help_text="VAT or other identifier; empty if the document states none")
    supplier_name = models.TextField()
    currency = models.CharField(max_length=3, help_text="ISO 4217 code")
    amount = models.DecimalField(
        max_digits=INTEGER_DIGITS + FRACTION_DIGITS,
        decimal_places=FRACTION_DIGITS,
        help_text="Amount due for payment, in the currency's units; a credit note's counts against it",
    )
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, help_text="The posting that this entry takes back"
    )
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ("view",)
        verbose_name_plural = "ledger entries"
        constraints = [
            # Its index also serves "what this run has posted". A reversal is unique by what it reverses.
            models.UniqueConstraint(
                fields=["execution_id", "file_name"],
                condition=Q(reverses__isnull=True),
                name="ledgerentry_once_per_file",
            ),
            models.CheckConstraint(name="ledgerentry_sha256_is_hex", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(name="ledgerentry_currency_is_code", condition=Q(currency__regex=r"^[A-Z]{3}$")),
            models.CheckConstraint(
                name="ledgerentry_names_what",
                condition=~Q(file_name="") & ~Q(document_number="") & ~Q(idempotency_key=""),
            ),
        ]
        indexes = [
            # "Was this supplier's invoice posted before?", asked by people, across runs.
            models.Index(F("supplier_id"), F("document_number"), name="ledgerentry_document"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.document_number} {self.supplier_name}: {self.amount:f} {self.currency}"


class Payout(models.Model):
    """A payment of the demos' payment provider: one for each idempotency key, never changed."""

    idempotency_key = models.TextField(unique=True, help_text="Sent along by the caller; stable over its retries")
    order = models.TextField()
    amount = models.DecimalField(max_digits=8, decimal_places=2, help_text="Euros")
    paid_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ("view",)
        constraints = [models.CheckConstraint(name="payout_is_above_zero", condition=Q(amount__gt=0))]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.order}: {self.amount:f}"
