"""The domain as a Django application."""

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate


class ExecutionsConfig(AppConfig):
    """Executions, holds, suspensions and their provenance."""

    name = "executions"
    verbose_name = "Executions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from executions import checks, tracing  # noqa: F401  (registers the system checks)
        from executions.access import ensure_roles
        from executions.authoring.registry import autodiscover

        process = getattr(settings, "HOLDPOINT_PROCESS", "")
        if process in ("web", "worker"):
            tracing.begin(process)
        post_migrate.connect(ensure_roles, sender=self)
        autodiscover()
