"""Answers already given, so that a request sent twice has one effect and one answer."""

from django.db import connection, models
from django.db.models import F
from django.db.models.functions import Now

# Only tried: whoever waited for it would hold a connection.
TAKE = "SELECT pg_try_advisory_xact_lock(hashtextextended('holdpoint:idempotency:' || %s || ':' || %s, 0))"


class IdempotentRequest(models.Model):
    """A POST that carried an Idempotency-Key, with its answer.

    The row is inserted in the transaction of the command itself. So key, effect and answer commit together. While that
    transaction lasts it also has the key's advisory lock, by which a second request sees that it must wait.
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

    @staticmethod
    def take(actor: str, key: str) -> bool:
        """Have a key to oneself until this transaction ends.

        Args:
            actor: stable id of whose key it is.
            key: as it was sent.

        Returns:
            Whether nobody else has it.
        """
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [actor, key])
            (taken,) = cursor.fetchone()
        return bool(taken)
