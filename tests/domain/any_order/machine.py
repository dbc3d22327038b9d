"""What every subject's rules stand on: how a command is tried, a lease guessed, and what is always true."""

# Both outcomes of a try are checked, and a guard stands apart from what it guards.
# ruff: noqa: PT017

from collections import Counter

from django.contrib.auth.models import Group, User
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from executions import commands, states
from executions.actors import Actor
from executions.authoring.flow import Yielded
from executions.commands.base import record_denial, verdicts
from executions.engine.leases import Lease
from executions.errors import Conflict, NotAllowed, Refused
from executions.models import SYSTEM_LEDGER, Execution, Hold
from executions.queries.boundaries import state_at
from executions.queries.fold import Fold
from executions.queries.life import Line
from executions.states import state_of
from tests.domain import story
from tests.domain.any_order.model import CLOCK_RUNS, FLOW, LABELS, LAUNCHER, PEOPLE, Model, ModelHold, Run

ANY = st.sampled_from
WHO = ANY(sorted(PEOPLE))
WHICH = ANY([0, 0, 0, 1, 2])
"""Which lease a worker thinks it holds: the newest, or one of long ago."""
REACHED: Counter[str] = Counter()
"""States and lines of history that the walks went through: a search that never gets anywhere proves nothing."""
PASS_THE_TIME = """
UPDATE executions_execution SET state_since = clock_timestamp() WHERE state_since = now() AND outcome IS NULL
"""
ENDINGS = {outcome: f"execution.{outcome}" for outcome in states.OUTCOMES}


class Walk(RuleBasedStateMachine):
    """One run and its children, four people, two workers, and a sweeper."""

    run: Execution
    model: Model

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.model = Model()
        self.epochs = [0]
        self.last_epoch = 0
        self.last_state = states.QUEUED
        self.last_seq = 0
        self.seen: list[tuple[int, str]] = []

    def begin(self) -> None:
        """Launch the run that the walk is about."""
        for role, actor in PEOPLE.items():
            person, _ = User.objects.get_or_create(pk=actor.user_id, defaults={"username": role})
            person.groups.set([Group.objects.get(name=role)])
        self.strangers = Execution.objects.filter(state=states.QUEUED).exists()
        self.run = commands.launch(PEOPLE[LAUNCHER], FLOW, labels=LABELS)
        self.model.since = 0

    def teardown(self) -> None:
        if hasattr(self, "run"):
            assert story.bad_line(self.run.pk) is None
            for key in self.model.children:
                assert story.bad_line(key) is None
            REACHED.update(story.kinds(self.run))
            self._its_life_is_told_as_it_was()
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def _try(
        self, name: str, actor: Actor, act, *, code: str | None = None, on: object = None, ledger: object = None
    ) -> object | None:
        """Give a command; it must be carried out or refused exactly as the rules say."""
        code = self.model.may(name, actor) if code is None else code
        on = on or self.run
        ledger = ledger or getattr(on, "pk", on)
        before = story.snapshot(on)
        denied = story.kinds(ledger).count("command.denied")
        try:
            with transaction.atomic():
                result = act()
        except Refused as refusal:
            assert code != "ok", (name, actor.name, refusal)
            assert type(refusal) is (NotAllowed if code == "permission" else Conflict)
            assert story.snapshot(on) == before
            # The refusal was recorded inside the savepoint that its exception has undone; record it again by itself.
            record_denial(actor, name, refusal)
            assert story.kinds(ledger).count("command.denied") == denied + 1
            return None
        assert code == "ok", (name, actor.name, code)
        return result

    def _try_on_system(self, name: str, actor: Actor, act, *, code: str) -> object | None:
        return self._try(name, actor, act, code=code, ledger=SYSTEM_LEDGER)

    def _lease(self, which: int) -> tuple[int, bool]:
        """Return an epoch, and whether the database should take writes under it."""
        epoch = self.epochs[-1 - which % len(self.epochs)]
        return epoch, epoch == self.model.epoch and self.model.leased and self.model.outcome is None

    def _under_lease(self, which: int, act) -> bool:
        """Do what a worker does who thinks that it has a lease; tell whether it had."""
        epoch, fresh = self._lease(which)
        lease = Lease(str(self.run.pk))
        lease.epoch = epoch
        before = story.snapshot(self.run)
        try:
            with transaction.atomic():
                act(lease)
        except Yielded as gone:
            assert gone.signal.kind == "lost"
            assert not fresh
            assert story.snapshot(self.run) == before
            return False
        assert fresh
        return True

    def _settle(self, which: int, act) -> bool:
        settled = self._under_lease(which, act)
        if settled:
            self.model.drop_lease()
        return settled

    def _note_policy_hold(self) -> None:
        """Take over the hold that a rule has just placed."""
        newest = (
            Hold.objects.filter(execution=self.run, kind=states.POLICY)
            .order_by("-id")
            .exclude(pk__in=self.model.holds)[0]
        )
        self.model.holds[str(newest.pk)] = ModelHold(states.POLICY)

    def _spread(self, key: str) -> None:
        """Take over what was spread from a hold to the children."""
        copies = {str(copy.execution_id): str(copy.pk) for copy in Hold.objects.filter(spread_from=key)}
        hold = self.model.holds[key]
        below = {child for child, its in self.model.children.items() if not its.over_for_good}
        assert set(copies) == (below if hold.tree else set())
        for child, copy in copies.items():
            self.model.children[child].holds[copy] = ModelHold(
                hold.kind, None, hold.blocks, hold.not_by, hold.responsible, True, key
            )

    def _how_it_left(self) -> str:
        """Return the line with which the history should say how a worker left the run."""
        state = self.model.state
        if state == states.QUEUED and self.model.frozen:
            return "freeze.applied"
        return {"succeeded": "execution.succeeded", "paused": "execution.paused"}.get(state, "execution.yielded")

    # What is always true

    @invariant()
    def the_rows_are_as_the_model_says(self) -> None:
        if not hasattr(self, "run"):
            return
        model = self.model
        # A rule is a transaction in real life, and the clock of this one stands still.
        story.execute(PASS_THE_TIME)
        run = story.fresh(self.run)
        self._facts_are_true(model, run)
        assert run.steps_done == model.done
        assert (run.payload, run.attempt, run.errors) == (model.payload, model.attempt, model.errors)
        assert ((run.spent or {}).get("tokens", 0), run.budgets["tokens"]) == (model.spent, model.limit)
        then = state_at(run)
        assert (then.payload, then.ahead, then.position) == (model.payload, model.ahead, model.done)
        assert run.epoch >= self.last_epoch  # invariant 3: it only grows
        self.last_epoch = run.epoch
        REACHED[run.state] += 1
        assert (run.sla_due is not None, run.sla_breached_at is not None) == (run.state in CLOCK_RUNS, model.breached)
        for actor in PEOPLE.values():
            said = {name: its.code for name, its in verdicts(run, actor).items()}
            assert said == {name: model.may(name, actor) for name in said}
        self._every_change_of_state_has_its_event(run)
        self.seen.append((self.last_seq, run.state))
        self._conditions_are_true()
        children = {str(child.pk): child for child in run.children.all()}
        assert set(children) == set(model.children)
        for key, child in children.items():
            self._facts_are_true(model.children[key], child)
        for each in (model, *model.children.values()):
            if each.state != states.QUEUED:
                each.since = None
            elif each.since is None:
                each.since = model.tick
        model.tick += 1

    def _facts_are_true(self, model: Run, run: Execution) -> None:
        assert run.state == state_of(run.facts) == model.state
        assert (run.outcome, run.ahead, run.epoch) == (model.outcome, model.ahead, model.epoch)
        assert (run.lease_until is not None, run.cancel_requested_at is not None) == (model.leased, model.cancel)
        holds = list(run.holds.filter(released_at__isnull=True))
        assert {str(hold.pk): hold.responsible for hold in holds} == {
            key: hold.responsible for key, hold in model.holds.items()
        }
        assert run.open_holds == sum(hold.before_step is None for hold in holds) == model.plain_holds
        assert sorted(run.breakpoints) == sorted(hold.before_step for hold in holds if hold.before_step)
        asked = {str(key) for key in run.suspensions.filter(closed_at__isnull=True).values_list("pk", flat=True)}
        assert asked == set(model.questions)
        assert run.open_suspensions == len(asked)

    def _every_change_of_state_has_its_event(self, run: Execution) -> None:
        new = [event.kind for event in story.events(run) if event.seq > self.last_seq]
        self.last_seq += len(new)
        if run.state == self.last_state:
            return
        assert new
        for outcome, kind in ENDINGS.items():
            assert new.count(kind) == (run.outcome == outcome)
        self.last_state = run.state

    def _its_life_is_told_as_it_was(self) -> None:
        """The timeline, folded from the lines alone, says of every moment what the row said then."""
        lines = [
            Line(each.seq, each.at, each.kind, "", "", each.via, "", story.data_of(each))
            for each in story.events(self.run)
        ]
        fold = Fold(story.fresh(self.run), lines)
        fold.life(lines[-1].at)
        for seq, state in self.seen:
            told = [band.state for band in fold.bands if band.seq <= seq]
            assert told[-1] == state, f"line {seq}: {state}, told as {told[-1]}"

    def _conditions_are_true(self) -> None:
        said = {key: (its.outcome, its.heard) for key, its in self.model.conditions.items()}
        found = self.run.conditions.values_list("pk", "outcome", "emission_id")
        assert {str(key): (outcome, heard) for key, outcome, heard in found} == said
        fired = Counter(
            story.data_of(event)["trigger"] for event in story.events(self.run) if event.kind == "trigger.fired"
        )
        assert fired == {key: 1 for key, its in self.model.conditions.items() if its.outcome == "fired"}
