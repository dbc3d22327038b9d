"""The demo's present: every half minute somebody does something, and leaves enough for whoever looks at it."""

import datetime
import logging
import random
import time
from contextlib import suppress
from typing import Any

from django.db import close_old_connections, connection
from django.db.models import Q, QuerySet
from django.db.utils import InterfaceError, OperationalError

from executions import clock, commands
from executions.errors import Refused, Unconfirmed
from executions.models import Execution, Freeze, Hold, Suspension
from workflows.demo.replies import reply
from workflows.demo.stories.agents import FROZEN, SERVICES, errand
from workflows.demo.stories.audits import tour
from workflows.demo.stories.batches import folder
from workflows.demo.stories.joining import joiner
from workflows.demo.stories.refunds import request
from workflows.demo.stories.reporting import figures
from workflows.demo.team import Team
from workflows.demo.words import BATCH_PAUSES, REFUND_HOLDS

logger = logging.getLogger("holdpoint.demo")

BETWEEN_ACTS = (20.0, 40.0)
"""Seconds."""
HOURS = 8.0
"""After so long nobody looks any more, and people stop."""
MOST_OPEN = 45
"""Runs of the demo's people that have not ended; with more, nothing is launched."""
LEFT_OPEN = 9
"""Questions, and half as many holds, that are left to whoever looks at the demo."""
AT_LEAST_SECONDS = 35
"""How long a question or a hold stands before a colleague sees to it."""


class Present:
    """People at work in the demo.

    Args:
        team: who.
        rng: decides what they do.
    """

    def __init__(self, team: Team, rng: random.Random) -> None:
        self.team, self.rng = team, rng

    def begin(self) -> None:
        """Place the freeze that the demo begins with, unless one was ever placed."""
        if Freeze.objects.exists():
            return
        review = clock.now() + datetime.timedelta(days=2)
        reason = "The vendor recalls the firmware of the label printers. No releases for them until a fixed one is out."
        with suppress(Unconfirmed):
            commands.freeze(
                self.team.reviewers[0],
                reason=reason,
                labels={"service": FROZEN.lower()},
                reason_code="recall",
                ticket="OPS-608",
                review_by=review,
            )

    def go_on(self) -> None:
        """Act now and then, for some hours."""
        ends = time.monotonic() + HOURS * 3600
        while time.monotonic() < ends:
            try:
                self.act()
            except Refused:
                pass  # somebody else was quicker
            except (OperationalError, InterfaceError) as error:
                logger.warning("The demo's people wait for the database: %s", str(error).strip()[:200])
            connection.close()  # between two acts it costs the database nothing
            time.sleep(self.rng.uniform(*BETWEEN_ACTS))
            close_old_connections()

    def act(self) -> None:
        """Do one thing that there is to do."""
        acts = {self.launch: 50, self.answer: 34, self.hold: 9, self.let_go: 14, self.sign: 6}
        while acts:
            (act,) = self.rng.choices(list(acts), list(acts.values()))
            if act():
                return
            del acts[act]

    def launch(self) -> bool:
        """Launch a run, unless enough of them are open."""
        if self._open_runs().count() >= MOST_OPEN:
            return False
        rng = self.rng
        files: dict[str, bytes] = {}
        slow = not Execution.objects.filter(lease_until__isnull=False).exists()
        (workflow,) = rng.choices(
            ("refund-approval", "report-by-confidence", "report-review", "invoice-batch", "release-agent", "fleet"),
            (34, 14, 8, 20, 12, 3),
        )
        payload: dict[str, Any]
        if workflow == "refund-approval":
            title, payload, labels = request(rng)
        elif workflow.startswith("report"):
            title, payload, labels = figures(rng, sure=rng.random() < 0.5)
        elif workflow == "release-agent":
            title, payload, labels = errand(rng, (*SERVICES, FROZEN))
        elif workflow == "invoice-batch":
            title, files, labels = folder(rng, wrong=rng.choice((0, 0, 1, 1, 2)))
            # Long enough to be watched, never on both workers.
            payload = {"seconds_per_invoice": rng.choice((1.0, 2.0)) if slow else 0}
        elif rng.random() < 0.5:
            workflow = "onboarding"
            title, payload, labels = joiner(rng)
        else:
            workflow = "fleet-audit"
            title, payload, labels = tour(rng)
        commands.launch(self.team.operator(rng), workflow, payload, title=title, labels=labels, files=files.items())
        return True

    def answer(self) -> bool:
        """Answer a question that has stood for a while, unless few are left."""
        asked = Suspension.objects.filter(
            self._ours("execution__"), closed_at__isnull=True, kind__in=("input", "approval"), execution__open_holds=0
        )
        found = list(asked.select_related("execution").order_by("-opened_at")[: 4 * LEFT_OPEN])
        ripe = [question for question in found if self._is_ripe(question.opened_at)]
        if len(found) <= LEFT_OPEN or not ripe:
            return False
        question = self.rng.choice(ripe)
        data, files = reply(question, self.rng)
        actor = self.team.reviewer(self.rng)
        if question.escalated_at is not None:
            actor = self.rng.choice(self.team.managers)
        commands.answer(actor, question.pk, data=data, context_digest=question.context_digest, files=files)
        return True

    def hold(self) -> bool:
        """Pause a batch, or hold a refund, unless enough is held."""
        if self._holds().count() > LEFT_OPEN:
            return False
        run = self._open_runs().filter(open_holds=0, workflow__in=("invoice-batch", "refund-approval"), depth=0).last()
        if run is None:
            return False
        if run.workflow == "invoice-batch":
            reason, code, ticket = self.rng.choice(BATCH_PAUSES)
            commands.pause(self.team.operator(self.rng), run.pk, reason=reason, reason_code=code, ticket=ticket)
        else:
            reason, code, ticket = self.rng.choice(REFUND_HOLDS)
            reviewer = self.team.reviewer(self.rng)
            commands.place(reviewer, run.pk, reason=reason, reason_code=code, ticket=ticket, blocks_cancel=True)
        return True

    def let_go(self) -> bool:
        """Release a hold that has stood for a while, unless few are left."""
        found = list(self._holds().order_by("-placed_at")[: 2 * LEFT_OPEN])
        ripe = [hold for hold in found if self._is_ripe(hold.placed_at)]
        if len(found) <= LEFT_OPEN // 2 or not ripe:
            return False
        hold = self.rng.choice(ripe)
        placer = [actor for actor in self.team.reviewers if actor.id == hold.placed_by]
        commands.release(self.team.reviewer(self.rng, *placer), hold.pk, reason="Cleared up; it may go on.")
        return True

    def sign(self) -> bool:
        """Have a contract signed that somebody waits for."""
        waiting = Suspension.objects.filter(self._ours("execution__"), closed_at__isnull=True, kind="event")
        found = waiting.select_related("execution").order_by("opened_at").first()
        if found is None or not self._is_ripe(found.opened_at):
            return False
        signed = {"name": found.execution.payload["name"], "document": f"C-{self.rng.randrange(100, 999)}"}
        commands.emit(self.team.operator(self.rng), "contract.signed", signed)
        return True

    def _is_ripe(self, since: Any) -> bool:
        return bool((clock.now() - since).total_seconds() > AT_LEAST_SECONDS)

    def _open_runs(self) -> QuerySet[Execution]:
        return Execution.objects.filter(self._ours(), outcome__isnull=True).order_by("pk")

    def _holds(self) -> QuerySet[Hold]:
        """Return what colleagues placed; a visitor's hold is the visitor's."""
        return Hold.objects.filter(
            self._ours("execution__"),
            Q(placed_by__in=self.team.ids) | Q(kind="policy"),
            released_at__isnull=True,
            spread_from__isnull=True,
            execution__outcome__isnull=True,
            execution__cancel_requested_at__isnull=True,
        )

    def _ours(self, prefix: str = "") -> Q:
        """Return what is true of runs that colleagues launched; a visitor's are the visitor's."""
        return Q(**{f"{prefix}launched_by_user__in": [actor.user_id for actor in self.team.everybody]})
