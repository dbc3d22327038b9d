"""`manage.py seed_demo`: runs worth looking at, made once by the demo people."""

import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from executions import commands
from executions.actors import Actor
from executions.models import Execution
from workflows.invoices.samples import WRONG, samples


class Command(BaseCommand):
    """Launch sample batches in several situations; the workers carry them on."""

    help = "Launch sample invoice batches for the demo, unless there are runs already."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the demo runs.

        Raises:
            CommandError: the demo people are missing.
        """
        if Execution.objects.exists():
            return
        operator, reviewer = _actor("operator"), _actor("reviewer")
        everything = samples()
        right = {name: content for name, content in everything.items() if name not in WRONG}
        few = dict(list(right.items())[:4])

        _launch(operator, "March, first week", few, quarter="Q1")
        _launch(operator, "March, all suppliers", everything, quarter="Q1")
        _launch(operator, "April, slowly, so that you can step in", everything, seconds=6, quarter="Q2")
        waiting = _launch(
            operator, "Prepayments, second look", {name: everything[name] for name in WRONG}, quarter="Q1"
        )
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
        self.stdout.write("seven sample batches were launched")


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
