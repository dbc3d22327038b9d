"""`manage.py demo_people`: the accounts of demo mode."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.stack.people import COLLEAGUES, PEOPLE, encode_password, ensure_demo_people, retire_demo_people


class Command(BaseCommand):
    help = "Make the demo people (or, with --retire, shut them out) and print their names and password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--retire", action="store_true", help="shut out every demo account")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["retire"]:
            self.stdout.write(f"{retire_demo_people()} demo accounts shut out.")
            return
        password = os.environ.get("HOLDPOINT_DEMO_PASSWORD") or settings.HOLDPOINT_HOME.secret("demo_password", 9)
        try:
            encoded = encode_password(password)
            ensure_demo_people(encoded, {**PEOPLE, **COLLEAGUES})
        except ValueError as error:
            raise CommandError(str(error)) from None
        if options["verbosity"]:
            self.stdout.write(f"{', '.join(PEOPLE)}  (password {password})")
