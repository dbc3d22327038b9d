"""A run's files, every version kept."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from executions.models.execution import Execution
from executions.models.guards import no_truncate


class RunFile(models.Model):
    """One version of a file of a run. A replacement is a new version; the old one stays.

    The bytes live in the database, so that a replaced file, its event and the run's facts commit together
    (docs/decisions/0004-files-in-the-database.md).
    """

    execution = models.ForeignKey(Execution, on_delete=models.PROTECT, related_name="files")
    name = models.TextField()
    version = models.IntegerField()
    sha256 = models.TextField()
    size = models.BigIntegerField(help_text="bytes")
    content = models.BinaryField()
    uploaded_by = models.TextField(help_text="Stable id of the actor")
    uploaded_by_name = models.TextField()
    uploaded_at = models.DateTimeField(db_default=Now())
    reason = models.TextField(blank=True, db_default="")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(F("execution"), F("name"), F("version"), name="file_version_unique"),
            models.CheckConstraint(name="file_version_positive", condition=Q(version__gte=1)),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"
