"""`manage.py demo`: what makes demo mode live, where the installed workflows bring something for it."""

from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Fill the demo with a past and let its people act. Ends at once outside of demo mode."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.HOLDPOINT_DEMO and "live_demo" in get_commands():
            call_command("live_demo", stdout=self.stdout)
