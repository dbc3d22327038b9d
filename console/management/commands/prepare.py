"""`manage.py prepare`: everything between an empty database and the first visitor, safe to repeat."""

from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand

from console.stack.assets import collect_if_changed
from console.stack.people import retire_demo_people
from executions.commands.audit import ON_THE_SERVER
from executions.commands.reason import seed_reasons


class Command(BaseCommand):
    help = "Migrate the database, collect static files; in demo mode also make the demo people and their runs."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if not settings.STATIC_FINDERS and collect_if_changed():
            self.stdout.write("static files collected")
        if seeded := seed_reasons(ON_THE_SERVER):
            self.stdout.write(f"{seeded} templates for reasons to begin with; change them under Settings")
        if not settings.HOLDPOINT_DEMO:
            if retired := retire_demo_people():
                self.stdout.write(f"demo mode is off: {retired} demo accounts of an earlier start were shut out")
            return
        call_command("demo_people", verbosity=0)  # `up` prints them when they can sign in
        if "seed_demo" in get_commands():
            call_command("seed_demo", stdout=self.stdout)
