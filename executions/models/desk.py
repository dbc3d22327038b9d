"""What people arrange for themselves and for each other: saved views, preferences, words for reasons and labels."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from executions.ids import new_id

THEMES = ("system", "light", "dark")
DENSITIES = ("comfortable", "compact")
COLUMNS = ("progress", "held", "since", "launched", "finished", "owner", "labels", "priority")
"""Columns that the list of runs can show besides state and title."""


class SavedView(models.Model):
    """A filter of the list of runs with its columns and order, under a name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.TextField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    shared = models.BooleanField(db_default=False, help_text="Everybody who may read runs sees it")
    query = models.TextField(blank=True, db_default="", help_text="Query of the list's address, without a cursor")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="savedview_name"),
            models.CheckConstraint(name="savedview_has_name", condition=Q(name__regex=r"\S")),
        ]

    def __str__(self) -> str:
        return self.name


class Preference(models.Model):
    """How one person wants to see the console."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preference")
    time_zone = models.TextField(db_default="UTC", help_text="Name in the IANA database")
    theme = models.TextField(db_default="system")
    density = models.TextField(db_default="comfortable")
    columns = ArrayField(models.TextField(), default=list, help_text="Columns of the list of runs; usual ones if empty")
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="preference_theme_known", condition=Q(theme__in=THEMES)),
            models.CheckConstraint(name="preference_density_known", condition=Q(density__in=DENSITIES)),
        ]

    def __str__(self) -> str:
        return f"Preferences of {self.user}"


class ReasonTemplate(models.Model):
    """Words that people often give as a reason, offered beside the field."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    text = models.TextField(unique=True)
    reason_code = models.TextField(blank=True, db_default="", help_text="A word for statistics")
    commands = ArrayField(models.TextField(), default=list, help_text="Commands it is offered for; all where empty")
    position = models.SmallIntegerField(db_default=0, help_text="Lower ones first")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="reasontemplate_has_text", condition=Q(text__regex=r"\S"))]

    def __str__(self) -> str:
        return self.text


class LabelRule(models.Model):
    """What a label means and which values it may take; runs may carry labels without a rule too."""

    name = models.TextField(primary_key=True)
    description = models.TextField(blank=True, db_default="")
    values = ArrayField(models.TextField(), default=list, help_text="Values it may take; any where empty")
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="labelrule_has_name", condition=Q(name__regex=r"\S"))]

    def __str__(self) -> str:
        return self.name
