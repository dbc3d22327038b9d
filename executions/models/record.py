"""What a step has done already, so that it is not done again when the step re-enters."""

import pgtrigger
from django.db import models
from django.db.models.functions import Now

from executions.models.guards import no_truncate


class Record(models.Model):
    """The recorded result of one ``ctx.once`` or ``ctx.each`` key."""

    pk = models.CompositePrimaryKey("execution_id", "position", "pass_no", "step", "key")
    # No foreign key: executions are never deleted, and its check would cost every ctx.each item a look-up.
    execution_id = models.UUIDField()
    position = models.IntegerField(help_text="The step's position in the run")
    pass_no = models.SmallIntegerField(db_default=0, help_text="The run's pass, so that a step done anew records anew")
    # A run that was sent back may take another route, and meet another step with like keys at this position.
    step = models.TextField()
    key = models.TextField()
    value = models.JSONField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        triggers = [
            # A record that goes or changes makes a step do again, or never, what it has done: post an invoice, say.
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return self.key
