"""Children: born as their parent is held, held and cancelled with it, waited for."""

# Both outcomes of a launch are checked.
# ruff: noqa: PT017

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from executions import commands, states
from executions.authoring.flow import LeaseLost, Yielded
from executions.engine import children, settle
from executions.engine.launching import launch_children
from executions.engine.leases import Lease
from executions.models import Execution, Hold
from executions.passes import pass_at
from tests.domain import story
from tests.domain.any_order.machine import ANY, WHICH, WHO, Walk
from tests.domain.any_order.model import FLOW, LABELS, PEOPLE, Child, ModelHold
from tests.domain.any_order.workers import PLAIN

MOST = 3
HAS_CHILDREN = precondition(lambda self: self.model.children)


class Children(Walk):
    """Launch them, be their workers, hold them alone, and look whether they have ended."""

    @precondition(lambda self: len(self.model.children) < MOST)
    @rule(which=WHICH)
    def launch_child(self, which: int) -> None:
        model = self.model
        epoch, fresh = self._lease(which)
        lease = Lease(str(self.run.pk))
        lease.epoch = epoch
        key = f"child-{len(model.children)}"
        place = {"step": "step", "position": model.done, "pass_no": pass_at(model.passes, model.done)}
        more = {"title": "", "labels": LABELS, "priority": None}
        try:
            (born,) = launch_children(lease, story.WORKER, place, FLOW, {key: {}}, **more).values()
        except LeaseLost:
            assert not fresh
            return
        except Yielded as stop:
            assert (fresh, model.cancel, stop.signal.kind) == (True, True, "cancel")
            return
        assert fresh
        assert not model.cancel
        child = model.children[born] = Child(key=key)
        for copy in Hold.objects.filter(execution=born):
            origin = model.holds[str(copy.spread_from_id)]
            assert origin.tree
            child.holds[str(copy.pk)] = ModelHold(
                origin.kind, None, origin.blocks, origin.not_by, origin.responsible, True, str(copy.spread_from_id)
            )
        assert len(child.holds) == sum(hold.tree for hold in model.holds.values())

    def _draw_child(self, data: st.DataObject) -> tuple[Execution, Child]:
        key = data.draw(ANY(list(self.model.children)))
        return Execution.objects.get(pk=key), self.model.children[key]

    @HAS_CHILDREN
    @rule(data=st.data(), how=ANY(["end", "end", "fail", "give back", "claim"]))
    def child_works(self, data: st.DataObject, how: str) -> None:
        """Claim a child where that is possible, and leave it in some way."""
        run, child = self._draw_child(data)
        if not child.leased:
            free = self.model.may_be_claimed(child)
            claimed = story.claim(run)
            assert (claimed is not None) is free
            if claimed is None:
                return
            child.leased, child.since = True, None
            child.epoch += 1
        if how == "claim":
            return
        lease = Lease(str(run.pk))
        lease.epoch = child.epoch
        held = child.plain_holds > 0 or self.model.frozen
        child.leased = False
        if child.cancel:
            settle.cleaned_up(lease, story.WORKER, ran=True)
            child.outcome = "cancelled"
        elif how == "fail" and child.ahead:
            settle.step_failed(lease, story.WORKER, PLAIN, child.done, ValueError("as drawn"))
            child.outcome = "failed"
        elif how == "give back":
            assert story.give_back(run, child.epoch) == child.state
        else:
            child.outcome = None if held else "succeeded"
            if child.ahead:
                assert story.boundary(run, child.epoch, child.done, []) is not None
                child.ahead, child.done = [], child.done + 1
            else:
                assert story.finish(run, child.epoch) is not None

    @HAS_CHILDREN
    @rule(who=WHO, data=st.data(), blocks=st.booleans())
    def hold_child(self, who: str, data: st.DataObject, blocks: bool) -> None:
        run, child = self._draw_child(data)
        actor = PEOPLE[who]
        code = child.may("place", actor)
        hold = self._try(
            "place",
            actor,
            lambda: commands.place(actor, run.pk, reason="this one", blocks_cancel=blocks),
            code=code,
            on=run,
        )
        if hold:
            child.holds[str(hold.pk)] = ModelHold(states.COMPLIANCE, None, blocks, None, who, True)

    @precondition(lambda self: any(child.holds for child in self.model.children.values()))
    @rule(who=WHO, data=st.data())
    def release_child(self, who: str, data: st.DataObject) -> None:
        run, child = self._draw_child(data)
        if not child.holds:
            return
        key = data.draw(ANY(sorted(child.holds)))
        actor = PEOPLE[who]
        code = "permission" if not child.holds[key].releasable_by(actor) else "state" if child.over else "ok"
        if self._try("release", actor, lambda: commands.release(actor, key, reason="fine"), code=code, on=run):
            del child.holds[key]

    @HAS_CHILDREN
    @rule(who=WHO, data=st.data(), sure=st.integers(0, 2))
    def cancel_child(self, who: str, data: st.DataObject, sure: int) -> None:
        run, child = self._draw_child(data)
        actor = PEOPLE[who]
        code = child.may("cancel", actor)
        if sure and code == "ok":
            return
        if self._try("cancel", actor, lambda: commands.cancel(actor, run.pk, reason="enough"), code=code, on=run):
            child.request_cancel()

    @HAS_CHILDREN
    @rule(by_sweeper=st.booleans())
    def joins_are_looked_at(self, by_sweeper: bool) -> None:
        model = self.model
        for key, asked in list(model.questions.items()):
            awaited = [child for child in model.children.values() if not asked.awaits or child.key in asked.awaits]
            if asked.kind == "children" and all(child.outcome is not None for child in awaited):
                model.close(key)
                assert self.run.suspensions.get(pk=key).is_open
        if by_sweeper:
            children.sweep_joins()
        else:
            story.wake(self.run)
