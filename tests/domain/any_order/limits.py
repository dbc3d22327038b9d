"""What a run may take: time, budgets. Spent, it is held; people give it more."""

from datetime import timedelta

from django.db.models import F
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from executions import clock, commands
from executions.engine import policies, sla
from executions.engine.under_lock import locked
from executions.models import Execution
from tests.domain import story
from tests.domain.any_order.machine import ANY, WHICH, WHO, Walk
from tests.domain.any_order.model import BUDGET, CLOCK_RUNS, PEOPLE, flow


class Limits(Walk):
    """Spend, run out of time, extend."""

    @rule(which=WHICH, amount=ANY([1, 60, 250]))
    def spend(self, which: int, amount: int) -> None:
        model = self.model
        if not self._under_lease(which, lambda lease: policies.spend(locked(lease), "tokens", amount)):
            return
        model.spent += amount
        if model.spent > model.limit and not model.cancel:
            self._note_policy_hold()
            while model.limit < model.spent:
                model.limit += BUDGET

    @precondition(lambda self: self.model.state in CLOCK_RUNS)
    @rule(which=WHICH, by_sweeper=st.booleans())
    def time_is_spent(self, which: int, by_sweeper: bool) -> None:
        model = self.model
        # An hour too late, and a freeze of this walk gives back seconds.
        gone = story.fresh(self.run).sla_due - clock.now() + timedelta(hours=1)
        Execution.objects.filter(pk=self.run.pk).update(sla_left=F("sla_left") - gone.total_seconds())
        if by_sweeper:
            sla.breach_unless_extended(str(self.run.pk))
        else:
            _, fresh = self._lease(which)
            kept = model.breached
            self._under_lease(which, lambda lease: sla.sla_spent(lease, story.WORKER, flow().policies))
            if not fresh:
                return
            if not kept or model.state == "pausing":
                model.drop_lease()
        if not model.breached:
            model.breached = True
            self._note_policy_hold()

    @rule(who=WHO, seconds=ANY([None, 60]), tokens=ANY([None, 50]))
    def extend(self, who: str, seconds: int | None, tokens: int | None) -> None:
        model, actor = self.model, PEOPLE[who]
        if seconds is None and tokens is None:
            return
        more = {"seconds": seconds, "budgets": tokens and {"tokens": tokens}}
        if self._try("extend", actor, lambda: commands.extend(actor, self.run.pk, reason="worth it", **more)):
            model.limit += tokens or 0
            if seconds:
                model.breached = False
                left = story.fresh(self.run).sla_seconds_left(clock.now())
                assert left is not None
                assert left > 0
