"""Workers, with the epoch of their lease or with one of long ago, and the sweeper that takes leases away."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from executions.actors import Actor
from executions.authoring.perform import HandlerFailed
from executions.authoring.step import Step
from executions.engine import policies, settle
from executions.passes import pass_at
from tests.domain import story
from tests.domain.any_order.machine import ANY, WHICH, Walk
from tests.domain.any_order.model import ERRORS, flow

WORKERS = ANY([story.WORKER, story.OTHER_WORKER])
PLAIN = Step("step", lambda ctx, payload: None)
STUBBORN = Step("step", lambda ctx, payload: None, on_error="hold")
PATIENT = Step("step", lambda ctx, payload: None, retries=1, backoff=0.0)
TROUBLE = {
    "handler": lambda lease, at: settle.handler_failed(lease, story.WORKER, PLAIN, at, HandlerFailed("as drawn")),
    "unknown": lambda lease, at: settle.unknown(lease, story.WORKER, "step-unknown", "No such step here."),
    "changed": lambda lease, at: policies.workflow_changed(lease, story.WORKER, flow()),
}
"""What the engine holds a run for."""


class Workers(Walk):
    """Claim, boundary, finish, yield, heartbeat, record, expire, fail, clean up."""

    @rule(worker=WORKERS, late=st.booleans())
    def claim(self, worker: Actor, late: bool) -> None:
        model = self.model
        free = model.may_be_claimed(model)
        claimed = story.claim(self.run, worker, lease=-1 if late else 60)
        assert (claimed is not None) is free
        if claimed:
            self._claimed(claimed, late)

    def _claimed(self, claimed, late: bool = False) -> None:
        model = self.model
        model.epoch += 1
        model.leased, model.late, model.since = True, late, None
        assert (claimed.epoch, list(claimed.ahead)) == (model.epoch, model.ahead)
        self.epochs.append(model.epoch)

    @rule(which=WHICH, stop=st.booleans(), value=st.none() | st.integers(0, 9), skew=ANY([0, 0, 0, 1]))
    def boundary(self, which: int, stop: bool, value: int | None, skew: int) -> None:
        model = self.model
        epoch, fresh = self._lease(which)
        if not model.ahead:
            return
        ahead = model.ahead[1:]
        changes = None if value is None else {"w": value}
        state = story.boundary(self.run, epoch, model.done + skew, ahead, changes=changes, stop=stop)
        assert (state is not None) is (fresh and not model.cancel and skew == 0)
        if state is None:
            return
        model.done, model.ahead, model.attempt = model.done + 1, ahead, 0
        model.changes.append((model.done - 1, changes or {}))
        if not ahead and not model.plain_holds and not model.frozen:
            model.outcome = "succeeded"
        at_point = bool(ahead) and any(hold.before == ahead[0] for hold in model.holds.values())
        if stop or model.plain_holds or not ahead or at_point or model.frozen:
            model.drop_lease()
            assert story.kinds(self.run)[-1] == self._how_it_left()
        model.late = False
        assert state == model.state

    @rule()
    def carry_on(self) -> None:
        """Do what a healthy worker would, so that runs come to an end too."""
        if not self.model.leased:
            self.claim(story.WORKER, late=False)
        if self.model.leased and self.model.cancel:
            self.clean_up(0)
        elif self.model.leased and not self.model.ahead:
            self.finish(0)
        else:
            self.boundary(0, stop=False, value=None, skew=0)

    @rule(which=WHICH)
    def finish(self, which: int) -> None:
        model = self.model
        epoch, fresh = self._lease(which)
        state = story.finish(self.run, epoch)
        assert (state is not None) is (fresh and not model.cancel and not model.ahead)
        if state is not None:
            if not model.plain_holds and not model.frozen:
                model.outcome = "succeeded"
            model.drop_lease()
            assert (state, story.kinds(self.run)[-1]) == (model.state, self._how_it_left())

    @rule(which=WHICH)
    def give_back(self, which: int) -> None:
        epoch, fresh = self._lease(which)
        state = story.give_back(self.run, epoch)
        assert (state is not None) is fresh
        if fresh:
            self.model.drop_lease()
            assert (state, story.kinds(self.run)[-1]) == (self.model.state, self._how_it_left())

    @rule(which=WHICH)
    def heartbeat(self, which: int) -> None:
        model = self.model
        epoch, fresh = self._lease(which)
        told = story.heartbeat(self.run, epoch)
        assert (told is not None) is fresh
        if told:
            model.late = False
            assert (told.open_holds, told.cancelling) == (model.plain_holds, model.cancel)
            assert (told.freeze_reason is not None) is model.frozen

    @rule(which=WHICH, key=ANY(["once:a", "once:b"]))
    def record(self, which: int, key: str) -> None:
        model = self.model
        epoch, fresh = self._lease(which)
        taken = story.record(self.run, epoch, key, position=model.done)
        place = (model.done, pass_at(model.passes, model.done), key)
        assert taken is (fresh and place not in model.records)
        if taken:
            model.records.add(place)

    @rule()
    def expire(self) -> None:
        model = self.model
        expired = str(self.run.pk) in story.expire()
        assert expired is (model.leased and model.late)
        if expired:
            model.epoch += 1
            model.drop_lease()

    @rule(which=WHICH, step=ANY([PLAIN, STUBBORN, PATIENT, PATIENT]))
    def fail(self, which: int, step: Step) -> None:
        model = self.model
        error = ValueError("as drawn")
        if not self._settle(which, lambda lease: settle.step_failed(lease, story.WORKER, step, model.done, error)):
            return
        model.errors += 1
        if model.cancel:
            return
        if model.attempt + 1 <= step.retries:
            model.attempt += 1
            if model.errors > ERRORS:
                model.errors = 0
                self._note_policy_hold()
        elif step is STUBBORN:
            model.attempt = 0
            self._note_policy_hold()
        else:
            model.outcome = "failed"
            model.attempt += 1

    @rule(which=WHICH, trouble=ANY(sorted(TROUBLE)))
    def hold_by_the_engine(self, which: int, trouble: str) -> None:
        if self._settle(which, lambda lease: TROUBLE[trouble](lease, self.model.done)) and not self.model.cancel:
            self._note_policy_hold()

    @rule(which=WHICH)
    def clean_up(self, which: int) -> None:
        _, fresh = self._lease(which)
        if fresh and not self.model.cancel:
            return  # a worker cleans up only what was cancelled
        if self._settle(which, lambda lease: settle.cleaned_up(lease, story.WORKER, ran=True)):
            self.model.outcome = "cancelled"
