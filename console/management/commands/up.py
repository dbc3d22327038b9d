"""`manage.py up`, which `make run` calls: the whole stack in one terminal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.stack.lock import AlreadyRunning
from console.stack.up import PortTaken, Stack, StartFailed


class Command(BaseCommand):
    help = "Start PostgreSQL, Valkey, the web server and the workers, and keep them running until Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            Stack.from_environment().run()
        except (AlreadyRunning, PortTaken, StartFailed) as error:
            raise CommandError(str(error), returncode=1) from None
