"""How often somebody was refused in one history lately, so that refusals fill no history without end."""

from django.db import models
from django.db.models import F
from django.db.models.functions import Now


class RefusalCount(models.Model):
    """The refusals of one actor in one ledger within a window; gone once the window is over and told of."""

    pk = models.CompositePrimaryKey("ledger", "actor_id")
    ledger = models.UUIDField()
    actor_id = models.TextField()
    # As they were at the last refusal, for the line that says how many there were.
    actor_name = models.TextField()
    actor_role = models.TextField()
    via = models.TextField()
    since = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())
    written = models.IntegerField(db_default=1, help_text="Lines in the history")
    counted = models.BigIntegerField(db_default=0, help_text="Refusals after those, without a line of their own")

    class Meta:
        default_permissions = ()
        # The sweeper, which tells of windows that are over.
        indexes = [models.Index(F("since"), name="refusalcount_since")]

    def __str__(self) -> str:
        return f"{self.written} + {self.counted} of {self.actor_id}"
