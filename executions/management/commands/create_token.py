"""`manage.py create_token`: make an API token and print it alone, for scripts."""

import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from executions.access import SCOPES, scopes_of
from executions.commands.audit import ON_THE_SERVER
from executions.commands.token import create_token
from executions.errors import Refused


class Command(BaseCommand):
    help = "Make an API token for a person and print it, once and alone, on stdout."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="name of the person it acts for; it can never do more than he can")
        parser.add_argument(
            "--scope",
            action="extend",
            nargs="+",
            metavar="SCOPE",
            help=f"what it may do (all that the person may, by default): {', '.join(SCOPES)}",
        )
        parser.add_argument("--name", default="command line", help="what it is for")
        parser.add_argument("--expires", type=int, metavar="DAYS", help="when it ends; never by default")

    def handle(self, *args: Any, **options: Any) -> None:
        people = get_user_model()
        try:
            owner = people._default_manager.get_by_natural_key(options["user"])
        except people.DoesNotExist:
            raise CommandError(f"There is no user called {options['user']!r}.") from None
        if not owner.is_active:
            raise CommandError(f"{options['user']} is shut out; the token could do nothing.")
        if not scopes_of(owner):
            raise CommandError(f"{options['user']} has no role; the token could do nothing. Give one in /admin/.")
        days = options["expires"]
        if days is not None and not 1 <= days <= 36_500:
            raise CommandError("--expires takes a number of days, from 1 to 36500.")
        expires_at = None if days is None else datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
        try:
            _, text = create_token(
                ON_THE_SERVER, owner, name=options["name"], scopes=options["scope"], expires_at=expires_at
            )
        except Refused as refusal:
            raise CommandError(refusal.detail) from None
        self.stdout.write(text)
