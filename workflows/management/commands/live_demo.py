"""`manage.py live_demo`: the demo's past, then its present. Started by the stack, ends with it."""

import logging
import os
import random
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from workflows.demo.past import write_past
from workflows.demo.present import Present
from workflows.demo.team import Team

NICE = 10
"""Web and workers come first."""
REST = 0.6
"""Times as long as a story took, the database is left alone after it."""


class Command(BaseCommand):
    """Write the past once, then let people act in the present."""

    help = "Fill the demo with two weeks of past runs, then let the demo people act now and then."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how much past to write, for tests and pictures."""
        parser.add_argument("--stories", type=int, default=None, help="write no more than so many past runs")
        parser.add_argument("--past-only", action="store_true", help="end when the past is written")
        parser.add_argument("--seed", type=int, default=None, help="tell the same stories each time")

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring the demo to life."""
        team = Team.of_database()
        if team is None:
            return
        os.nice(NICE)
        # What fails in a story is part of it, and nobody's to look after.
        logging.getLogger("holdpoint.engine").setLevel(logging.ERROR)
        rng = random.Random(options["seed"])  # noqa: S311  (stories, not secrets)
        present = Present(team, rng)
        if not options["past_only"]:
            present.begin()
        if told := write_past(team, rng=rng, limit=options["stories"], rest=REST):
            self.stdout.write(f"{told} past runs were written")
        if not options["past_only"]:
            present.go_on()
