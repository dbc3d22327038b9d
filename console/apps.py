"""The console as a Django application."""

from django.apps import AppConfig
from django.conf import settings


class ConsoleConfig(AppConfig):
    """Pages, API and the commands that start the stack."""

    name = "console"
    verbose_name = "Console"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from console import account_events, appearance, required_factor  # noqa: F401  (they hear of sign-ins)

        if settings.HOLDPOINT_PROCESS == "web":
            from console import stream
            from console.follow import follower
            from executions.meters import level

            level("stream_listeners", lambda: stream.open_streams() + follower.open_streams())
