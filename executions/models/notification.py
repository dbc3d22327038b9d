"""Messages to people about open questions, sent from rows, so that none is lost and none delays a run."""

from urllib.parse import urlsplit

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from executions.ids import new_id
from executions.models.suspension import Suspension


class Notification(models.Model):
    """One message to one address about one question: to be sent, sent, or failing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    suspension = models.ForeignKey(Suspension, on_delete=models.PROTECT, related_name="notifications")
    occasion = models.TextField(help_text="opened, reminded or escalated")
    target = models.TextField(help_text="https address, or mailto: and an e-mail address")
    attempts = models.IntegerField(db_default=0)
    next_at = models.DateTimeField(null=True, blank=True, db_default=Now(), help_text="Null once sent or given up")
    error = models.TextField(blank=True, db_default="", help_text="Why the last attempt failed")
    created_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["created_at", "id"]
        indexes = [models.Index(F("next_at"), name="notification_due", condition=Q(next_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.occasion} to {self.place}"

    @property
    def place(self) -> str:
        """The target as people may see it: the path of a webhook is its password."""
        if self.target.startswith("mailto:"):
            return self.target.removeprefix("mailto:")
        return urlsplit(self.target).hostname or ""

    @property
    def status(self) -> str:
        """How it stands: ``waiting``, ``failing`` (tried, and to be tried again), ``delivered`` or ``given up``."""
        if self.delivered_at is not None:
            return "delivered"
        if self.next_at is None:
            return "given up"
        return "failing" if self.error else "waiting"
