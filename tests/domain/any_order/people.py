"""People's commands on the run."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from executions import commands, states
from executions.models import Execution
from tests.domain import story
from tests.domain.any_order.machine import ANY, WHO, Walk
from tests.domain.any_order.model import LABELS, PEOPLE, ROUTE, ModelCondition, ModelHold

EVENT = "any-order.shipped"
SCOPES = ANY(["tree", "tree", "this"])
CONDITIONS = ANY(
    [
        [],
        [],
        [{"after_seconds": 3600}],
        [{"event": EVENT}],
        [{"event": EVENT, "match": {"order": 1}}, {"webhook": True}],
    ]
)
"""What is to end a hold by itself."""


class People(Walk):
    """Pause, place, release, resume, cancel, retry, skip, fork, amend."""

    def _take_conditions(self, hold) -> None:
        """Take over the conditions set with a hold."""
        last = max(self.model.emissions, default=0)
        for each in hold.new_conditions:
            after = last if each.kind == "event" else 0
            self.model.conditions[str(each.pk)] = ModelCondition(each.kind, str(hold.pk), match=each.match, after=after)

    @rule(who=WHO, before=ANY([None, None, *ROUTE]), scope=SCOPES, when=CONDITIONS)
    def pause(self, who: str, before: str | None, scope: str, when: list) -> None:
        model, actor = self.model, PEOPLE[who]
        if before is not None and (before not in model.ahead or (model.leased and before == model.ahead[0])):
            before = None
        asked = {"before_step": before, "scope": scope, "resume_when": when}
        hold = self._try("pause", actor, lambda: commands.pause(actor, self.run.pk, reason="because", **asked))
        if hold:
            tree = scope == "tree" and before is None
            model.holds[str(hold.pk)] = ModelHold(states.OPERATOR, before, responsible=who, tree=tree)
            self._spread(str(hold.pk))
            self._take_conditions(hold)

    @rule(who=WHO, blocks=st.booleans(), dual=st.booleans(), scope=SCOPES, when=CONDITIONS)
    def place(self, who: str, blocks: bool, dual: bool, scope: str, when: list) -> None:
        actor = PEOPLE[who]
        asked = {"blocks_cancel": blocks, "dual_control": dual, "scope": scope, "resume_when": [] if dual else when}
        hold = self._try("place", actor, lambda: commands.place(actor, self.run.pk, reason="case", **asked))
        if hold:
            not_by = actor.user_id if dual else None
            tree = scope == "tree"
            self.model.holds[str(hold.pk)] = ModelHold(states.COMPLIANCE, None, blocks, not_by, who, tree)
            self._spread(str(hold.pk))
            self._take_conditions(hold)

    @rule(who=WHO)
    def resume(self, who: str) -> None:
        model, actor = self.model, PEOPLE[who]
        released = [hold.id for hold in model.in_force()]
        if self._try("resume", actor, lambda: commands.resume(actor, self.run.pk)):
            for key in released:
                model.release(key)

    def _code_of_an_open_hold(self, may: bool, key: str) -> str:
        means_nothing = self.model.over and not self.model.holds_others(key)
        return "permission" if not may else "state" if means_nothing else "ok"

    @precondition(lambda self: self.model.holds)
    @rule(who=WHO, data=st.data())
    def release(self, who: str, data: st.DataObject) -> None:
        model, actor = self.model, PEOPLE[who]
        key = data.draw(ANY(sorted(model.holds)))
        code = self._code_of_an_open_hold(model.holds[key].releasable_by(actor), key)
        if self._try("release", actor, lambda: commands.release(actor, key, reason="fine"), code=code):
            model.release(key)

    @precondition(lambda self: self.model.holds)
    @rule(who=WHO, to=ANY(["reviewer", "admin"]), data=st.data())
    def hand_over(self, who: str, to: str, data: st.DataObject) -> None:
        model, actor = self.model, PEOPLE[who]
        key = data.draw(ANY(sorted(model.holds)))
        hold = model.holds[key]
        if hold.responsible == to:
            return
        code = self._code_of_an_open_hold(hold.releasable_by(actor) or hold.responsible == who, key)
        if self._try("hand over", actor, lambda: commands.hand_over(actor, key, to=to, reason="away"), code=code):
            hold.responsible = to
            for child in model.children.values():
                for copy in child.holds.values():
                    if copy.origin == key:
                        copy.responsible = to

    @rule(who=WHO, sure=st.integers(0, 3), scope=SCOPES)
    def cancel(self, who: str, sure: int, scope: str) -> None:
        model, actor = self.model, PEOPLE[who]
        code = model.may("cancel", actor)
        if sure and code == "ok":
            return  # or hardly a run would live to see its third step
        if code == "ok" and scope == "tree":
            below = [hold for child in model.children.values() if not child.over for hold in child.holds.values()]
            if any(hold.blocks and not hold.releasable_by(actor) for hold in below):
                code = "held"
        cancelled = self._try(
            "cancel", actor, lambda: commands.cancel(actor, self.run.pk, reason="enough", scope=scope), code=code
        )
        if cancelled:
            model.request_cancel()
            if scope == "tree":
                model.cancel_below()

    @rule(who=WHO)
    def retry(self, who: str) -> None:
        actor = PEOPLE[who]
        code = self.model.may("retry", actor)
        code = "state" if code == "ok" and self.model.outcome != "failed" else code
        if self._try("retry", actor, lambda: commands.retry(actor, self.run.pk, reason="again"), code=code):
            self.model.outcome, self.model.attempt = None, 0
            self.model.withdraw()

    @rule(who=WHO, back=st.integers(0, 3), again=st.booleans())
    def send_back(self, who: str, back: int, again: bool) -> None:
        model, actor = self.model, PEOPLE[who]
        position = max(model.done - back, 0)
        if position == len(ROUTE):
            return  # nothing ran there, and nothing will
        there = {"position": position, "again": again}
        code = model.may("retry", actor)
        code = "held" if code == "ok" and again and model.holds_below(actor) else code
        if self._try("retry", actor, lambda: commands.retry(actor, self.run.pk, reason="again", **there), code=code):
            model.outcome, model.attempt = None, 0
            model.withdraw()
            model.done, model.ahead = position, ROUTE[position:]
            model.changes = [(by, changes) for by, changes in model.changes if by is None or by < position]
            if again:
                model.passes.append(position)

    @rule(who=WHO, value=st.none() | st.integers(0, 9))
    def skip(self, who: str, value: int | None) -> None:
        model, actor = self.model, PEOPLE[who]
        code = model.may("skip", actor)
        code = "state" if code == "ok" and not model.ahead else code
        here = [asked for asked in model.asked if asked.position == model.done]
        result = {} if value is None else {"s": value}
        may_state = not result or actor.can("executions:amend")
        if code == "ok" and not (may_state and all(asked.lets_pass(actor) for asked in here)):
            code = "permission"
        if self._try("skip", actor, lambda: commands.skip(actor, self.run.pk, result=result, reason="x"), code=code):
            model.changes.append((model.done, result))
            model.outcome, model.attempt = None, 0
            model.withdraw()
            model.done, model.ahead = model.done + 1, model.ahead[1:]

    @rule(who=WHO)
    def fork(self, who: str) -> None:
        model, actor = self.model, PEOPLE[who]
        code = model.may("fork", actor)
        if code == "ok" and not model.ahead:
            return
        code = "held" if code == "ok" and model.holds_below(actor) else code
        row = Execution.objects.filter(pk=self.run.pk).values().get()
        fork = self._try("fork", actor, lambda: commands.fork(actor, self.run.pk, reason="what if"), code=code)
        if fork:
            assert (fork.payload, fork.ahead, fork.state) == (model.payload, model.ahead, states.QUEUED)
            assert fork.labels == LABELS
            assert Execution.objects.filter(pk=self.run.pk).values().get() == row
            assert story.bad_line(fork.pk) is None
            model.forks.append(model.tick)

    @rule(who=WHO, value=st.integers(0, 9))
    def amend(self, who: str, value: int) -> None:
        actor = PEOPLE[who]
        changes = {"v": value}
        if self._try(
            "amend", actor, lambda: commands.amend_payload(actor, self.run.pk, changes=changes, reason="typo")
        ):
            self.model.changes.append((None, changes))
