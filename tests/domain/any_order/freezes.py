"""Freezes: placed by workflow, by labels or on everything; lifted at once or little by little."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from executions import commands, states
from executions.actors import Actor
from executions.engine import lifting
from executions.models import Freeze
from tests.domain import story
from tests.domain.any_order.machine import ANY, WHO, Walk
from tests.domain.any_order.model import FAST, FLOW, LABELS, PEOPLE, SLOW, ModelFreeze
from tests.domain.any_order.workers import WORKERS

SELECTORS: dict[str, tuple[dict, bool]] = {
    "workflow": ({"workflow": FLOW}, True),
    "labels": ({"labels": LABELS}, True),
    "both": ({"workflow": FLOW, "labels": LABELS}, True),
    "everything": ({"everything": True}, True),
    "another workflow": ({"workflow": "noop", "labels": LABELS}, False),
    "other labels": ({"labels": {**LABELS, "region": "north"}}, False),
}
"""How runs are chosen, and whether the run and its children are among them."""


class Freezes(Walk):
    """Freeze, lift, and let runs go one by one."""

    @precondition(lambda self: sum(freeze.open for freeze in self.model.freezes.values()) < 2)
    @rule(who=WHO, selector=ANY(sorted(SELECTORS)), kind=ANY([states.OPERATOR, states.COMPLIANCE]), dual=st.booleans())
    def freeze(self, who: str, selector: str, kind: str, dual: bool) -> None:
        model, actor = self.model, PEOPLE[who]
        chosen, matches = SELECTORS[selector]
        may = actor.can("holds:freeze") and (kind == states.OPERATOR or actor.can("holds:place"))
        before = story.snapshot(self.run)
        placed = self._try_on_system(
            "freeze",
            actor,
            lambda: commands.freeze(actor, reason="wrong prices", kind=kind, dual_control=dual, **chosen),
            code="ok" if may else "permission",
        )
        assert story.snapshot(self.run) == before  # it rewrites no run
        if placed:
            not_by = actor.user_id if dual else None
            model.freezes[str(placed.pk)] = ModelFreeze(matches, kind, not_by, everything=selector == "everything")

    @precondition(lambda self: self.model.freezes)
    @rule(who=WHO, rate=ANY([None, SLOW, FAST]), data=st.data())
    def lift(self, who: str, rate: float | None, data: st.DataObject) -> None:
        self._lift(who, data.draw(ANY(list(self.model.freezes))), rate)

    def _lift(self, who: str, key: str, rate: float | None) -> None:
        model, actor = self.model, PEOPLE[who]
        freeze = model.freezes[key]
        scope = "holds:freeze" if freeze.kind == states.OPERATOR else "holds:release"
        may = actor.can(scope) and actor.user_id != freeze.not_by
        code = "permission" if not may else "ok" if freeze.open else "state"
        lifted = self._try_on_system(
            "lift", actor, lambda: commands.lift(actor, key, reason="right prices", rate=rate), code=code
        )
        if not lifted:
            return
        freeze.open = rate is not None
        freeze.lifting = model.tick if freeze.lifting is None else freeze.lifting
        freeze.leave = freeze.leave or rate == FAST
        freeze.rate = rate

    @rule()
    def thaw(self) -> None:
        """Lift whatever keeps the run, as somebody would in the end."""
        for key, freeze in self.model.freezes.items():
            if freeze.open:
                self._lift("reviewer" if freeze.not_by == PEOPLE["admin"].user_id else "admin", key, None)

    @rule(worker=WORKERS, data=st.data())
    def claim_with_leave(self, worker: Actor, data: st.DataObject) -> None:
        model = self.model
        key = data.draw(ANY([str(self.run.pk), *model.children]))
        run = model.children.get(key, model)
        keeping = model.kept_by(run)
        leave = bool(keeping) and all(freeze.lifting is not None and freeze.leave for freeze in keeping)
        wanted = {"id": key, "owner": worker.name, "actor": worker.id, "lease": 60.0, "through": "{}"}
        found = lifting.claim_with_leave(wanted)
        assert bool(found) is (leave and run.state == states.QUEUED)
        if found:
            for freeze in keeping:
                freeze.admitted += 1
                freeze.leave = freeze.rate == FAST
            if run is model:
                self._claimed(found[0])
            else:
                run.leased, run.since, run.epoch = True, None, run.epoch + 1
        for placed, admitted in Freeze.objects.filter(pk__in=model.freezes).values_list("pk", "admitted"):
            assert admitted == model.freezes[str(placed)].admitted

    @rule()
    def let_go(self) -> None:
        """Send what has a leave; a freeze that keeps nothing any more ends."""
        model = self.model
        queued = [run.since for run in (model, *model.children.values()) if run.state == states.QUEUED]
        for freeze in model.freezes.values():
            if not freeze.open or freeze.lifting is None or (freeze.everything and self.strangers):
                continue
            freeze.open = any(freeze.keeps(since) for since in [*queued, *model.forks] if since is not None)
        lifting.let_go()
        for key, lifted_at in Freeze.objects.filter(pk__in=model.freezes).values_list("pk", "lifted_at"):
            assert (lifted_at is None) is model.freezes[str(key)].open
