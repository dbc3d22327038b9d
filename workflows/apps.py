"""The demo workflows as a Django application: they own a ledger table."""

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    """The workflows that ship with Holdpoint, and what they write."""

    name = "workflows"
    verbose_name = "Workflows"
    default_auto_field = "django.db.models.BigAutoField"
