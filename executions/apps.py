"""The domain as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ExecutionsConfig(AppConfig):
    """Executions, holds, suspensions and their provenance."""

    name = "executions"
    verbose_name = "Executions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from executions import checks  # noqa: F401  (registers the system checks)
        from executions.access import ensure_roles
        from executions.authoring.registry import autodiscover

        post_migrate.connect(ensure_roles, sender=self)
        autodiscover()
