"""`manage.py stale_pauses`: list runs that wait for people longer than somebody thinks right; cancel them if told."""

import datetime
import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from executions import clock, commands, queries
from executions.actors import Actor
from executions.errors import Refused

UNITS = {"h": "hours", "d": "days", "w": "weeks"}
JANITOR = Actor("policy:stale-pauses", "stale-pauses", "policy", "cli", frozenset({"executions:cancel"}))
"""May cancel and nothing else: a hold that forbids cancelling forbids it to this job too."""


class Command(BaseCommand):
    help = "List runs that have been paused or waiting for an answer for long. Cancels them only with --cancel."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--older-than", required=True, metavar="AGE", help="such as 12h, 30d or 8w")
        parser.add_argument("--workflow", help="only runs of this workflow")
        parser.add_argument("--cancel", action="store_true", help="cancel them for ever; needs --reason")
        parser.add_argument("--reason", default="", help="why; it is in the history of each run")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["cancel"] and not options["reason"].strip():
            raise CommandError("--cancel needs --reason: it is kept in the history of each run.")
        since = clock.now() - age(options["older_than"])
        found = queries.stale_runs(since, workflow=options["workflow"])
        for run in found:
            outcome = self._cancel(run.pk, options["reason"]) if options["cancel"] else ""
            self.stdout.write(f"{run.pk}  {run.state:9}  since {run.state_since:%Y-%m-%d}  {run.title}{outcome}")
        if not found:
            self.stderr.write(f"No run has been paused or waiting since before {since:%Y-%m-%d %H:%M} UTC.")

    def _cancel(self, execution_id: Any, reason: str) -> str:
        try:
            return f": {commands.cancel(JANITOR, execution_id, reason=reason, scope='this').state}"
        except Refused as refusal:
            return f": not cancelled. {refusal.detail}"


def age(text: str) -> datetime.timedelta:
    """Read an age such as ``30d``.

    Raises:
        CommandError: it is none.
    """
    found = re.fullmatch(r"(\d{1,5})([hdw])", text.strip())
    if not found:
        raise CommandError(f"{text!r} is no age. Give a number and h, d or w, such as 30d.")
    return datetime.timedelta(**{UNITS[found[2]]: int(found[1])})
