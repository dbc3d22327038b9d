"""What ends a hold or a wait by itself: times, webhooks, events; each at most once, and nothing but its own."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from executions import commands
from executions.commands.trigger import TIMER, fire
from executions.engine import wakeups
from executions.errors import Conflict
from executions.resumetoken import token_of
from tests.domain import story
from tests.domain.any_order.machine import ANY, WHO, Walk
from tests.domain.any_order.model import PEOPLE, ModelCondition
from tests.domain.any_order.people import EVENT


def of_kind(*kinds: str):
    """Return the precondition that there is a condition of such a kind, open or closed."""
    return precondition(lambda self: any(its.kind in kinds for its in self.model.conditions.values()))


class Conditions(Walk):
    """Meet conditions in time, late and twice."""

    def _draw_condition(self, data: st.DataObject, *kinds: str) -> tuple[str, ModelCondition]:
        key = data.draw(ANY([key for key, its in self.model.conditions.items() if its.kind in kinds]))
        return key, self.model.conditions[key]

    def _met(self, condition: ModelCondition, emission: int | None = None) -> bool:
        """Say what meeting a condition changes; tell whether it came in time."""
        model = self.model
        if condition.outcome is None and model.over_for_good:
            condition.outcome = "overtaken"
        if condition.outcome is not None:
            return False
        condition.outcome, condition.heard = "fired", emission
        if condition.hold is not None:
            model.release(condition.hold)
        else:
            assert condition.question is not None
            model.close(condition.question)
        return True

    @of_kind("time")
    @rule(data=st.data())
    def its_time_comes(self, data: st.DataObject) -> None:
        key, condition = self._draw_condition(data, "time")
        firing = fire(TIMER, key)
        assert (not firing.late) is self._met(condition)

    @of_kind("webhook")
    @rule(data=st.data())
    def its_webhook_is_called(self, data: st.DataObject) -> None:
        key, condition = self._draw_condition(data, "webhook")
        token = token_of(self.run.conditions.get(pk=key).pk)
        try:
            commands.fire_webhook(token, data={"paid": True})
        except Conflict:
            assert not self._met(condition)
        else:
            assert self._met(condition)

    @rule(who=WHO, order=ANY([None, 1, 2]))
    def emit(self, who: str, order: int | None) -> None:
        model, actor = self.model, PEOPLE[who]
        data = {} if order is None else {"order": order}
        code = "ok" if actor.can("events:emit") else "permission"
        emitted = self._try_on_system("emit", actor, lambda: commands.emit(actor, EVENT, data), code=code)
        if emitted:
            model.emissions[emitted.emission.pk] = data
            assert emitted.woken == sum(
                emitted.emission.pk in self._waits_for(condition) for condition in model.conditions.values()
            )

    def _waits_for(self, condition: ModelCondition) -> list[int]:
        """Return the events sent that meet a condition, oldest first."""
        if condition.kind != "event" or condition.outcome is not None:
            return []
        taken = set()
        for other in self.model.conditions.values():
            if condition.asked and other.asked and other.heard:
                here, there = condition.asked, other.asked
                same = (here.position, here.pass_no) == (there.position, there.pass_no)
                if there.position < here.position or same:
                    taken.add(other.heard)
        return [
            emission
            for emission, data in sorted(self.model.emissions.items())
            if emission > condition.after and condition.match.items() <= data.items() and emission not in taken
        ]

    @precondition(lambda self: self.model.emissions)
    @rule(data=st.data())
    def the_event_is_noticed(self, data: st.DataObject) -> None:
        emission = data.draw(ANY(sorted(self.model.emissions)))
        waiting = [its for its in self.model.conditions.values() if emission in self._waits_for(its)]
        woken = sum(self._met(condition, self._waits_for(condition)[0]) for condition in waiting)
        assert wakeups.wake(emission) == woken

    @of_kind("event")
    @rule(data=st.data())
    def the_wait_looks_back(self, data: st.DataObject) -> None:
        key, condition = self._draw_condition(data, "event")
        sent = self._waits_for(condition)
        if sent:
            self._met(condition, sent[0])
        before = story.snapshot(self.run) if not sent else None
        wakeups.look_back(self.run.conditions.get(pk=key).pk)
        assert before is None or story.snapshot(self.run) == before
