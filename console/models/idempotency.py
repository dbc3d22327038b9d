"""Answers already given, so that a request sent twice has one effect and one answer."""

from django.db import models
from django.db.models import F
from django.db.models.functions import Now


class IdempotentRequest(models.Model):
    """A POST that carried an Idempotency-Key, with its answer.

    The row is inserted in the transaction of the command itself. So key, effect and answer commit together, and a
    second request with the same key waits on the unique constraint until the first has answered.
    """

    actor = models.TextField(help_text="Stable id of the actor; keys of others never meet")
    key = models.TextField()
    fingerprint = models.TextField(help_text="sha256 of method, address and body, hexadecimal")
    status = models.SmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(db_default=b"")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(F("actor"), F("key"), name="idempotent_request_once")]
        # The purge.
        indexes = [models.Index(F("created_at"), name="idempotent_request_age")]

    def __str__(self) -> str:
        return f"{self.key} of {self.actor}"
