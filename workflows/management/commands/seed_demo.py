"""`manage.py seed_demo`: runs worth looking at, made once by the demo people."""

import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from executions import commands
from executions.actors import Actor
from executions.models import Execution
from workflows.invoices.samples import WRONG, samples

RUNS: tuple[tuple[str, str, dict[str, Any], dict[str, str]], ...] = (
    ("refund-approval", "Refund OR-20817, Ines Almeida", {}, {"desk": "support"}),
    ("refund-approval", "Refund OR-20844, Jan Peeters", {"order": "OR-20844", "amount": "38.90"}, {"desk": "support"}),
    ("report-review", "Quarterly report, north", {}, {"desk": "finance"}),
    ("report-by-confidence", "Quarterly report, south", {"region": "South", "reported": 12}, {"desk": "finance"}),
    ("report-by-confidence", "Quarterly report, east", {"region": "East", "reported": 7}, {"desk": "finance"}),
    ("onboarding", "Mara Lindqvist joins", {}, {"desk": "people"}),
    ("release-agent", "Backend into production", {}, {"desk": "platform"}),
    ("release-agent", "Release 4.2.0", {"request": "Deploy 4.2.0, please."}, {"desk": "platform"}),
    ("fleet-audit", "Disks of all sites", {}, {"desk": "platform"}),
)
"""Workflow, title, input beside the form's own defaults, labels. Most of them come to wait for a person."""


class Command(BaseCommand):
    """Launch runs of every demo workflow, invoice batches in several situations; the workers carry them on."""

    help = "Launch runs of every demo workflow, unless there are runs already."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the demo runs.

        Raises:
            CommandError: the demo people are missing.
        """
        if Execution.objects.exists():
            return
        operator, reviewer = _actor("operator"), _actor("reviewer")
        for workflow, title, payload, labels in RUNS:
            commands.launch(operator, workflow, payload, title=title, labels=labels)
        _launch_batches(operator, reviewer)
        self.stdout.write(f"{Execution.objects.count()} demo runs were launched")


def _launch_batches(operator: Actor, reviewer: Actor) -> None:
    everything = samples()
    right = {name: content for name, content in everything.items() if name not in WRONG}
    few = dict(list(right.items())[:4])

    _launch(operator, "March, first week", few, quarter="Q1")
    _launch(operator, "March, all suppliers", everything, quarter="Q1")
    _launch(operator, "April, slowly, so that you can step in", everything, seconds=6, quarter="Q2")
    waiting = _launch(operator, "Prepayments, second look", {name: everything[name] for name in WRONG}, quarter="Q1")
    commands.place(
        reviewer,
        waiting.pk,
        reason="The supplier has announced credit notes for these. Nothing may be posted before they are here.",
        reason_code="supplier-dispute",
        ticket="FIN-2213",
    )
    paused = _launch(operator, "Brückner, pallet racks", dict(list(right.items())[3:6]), seconds=2, quarter="Q1")
    hold = commands.pause(
        operator, paused.pk, reason="The goods have not been counted yet.", reason_code="goods-receipt"
    )
    commands.annotate(reviewer, hold.pk, text="Warehouse counts on Monday morning; ask for Jonas.")
    cancelled = _launch(operator, "March, first week (sent twice)", few, quarter="Q1", later=True)
    commands.cancel(operator, cancelled.pk, reason="The same files went out an hour earlier.")
    _launch(operator, "Month's end", few, quarter="Q2", later=True)


def _launch(
    actor: Actor,
    title: str,
    files: dict[str, bytes],
    *,
    quarter: str,
    seconds: float = 0,
    later: bool = False,
) -> Execution:
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    return commands.launch(
        actor,
        "invoice-batch",
        {"seconds_per_invoice": seconds},
        title=title,
        labels={"period": quarter},
        files=files.items(),
        not_before=tomorrow if later else None,
    )


def _actor(username: str) -> Actor:
    user = get_user_model().objects.filter(username=username).first()
    if user is None:
        raise CommandError(f"There is no user called {username}. Run manage.py demo_people first.")
    return Actor.of_user(user)
