"""What commands would say beyond the general rules, foreseen for the pages and programs that offer them.

``states.allowed_commands`` judges by the row and the holds in force. Some commands look further: at the holds below the
run, at whom a step asks. Here the same functions are asked without giving the command, so that nothing is offered that
would be refused for a reason that is there already.
"""

import functools
import uuid
from collections.abc import Iterable

from executions.access import lacking
from executions.actors import Actor
from executions.commands.answering import answer_verdict, person_behind, require_may_pass
from executions.commands.base import frozen_by, tell_of_freezes, verdicts
from executions.commands.cancelling import kept_from_cancel
from executions.commands.tree import held_below, open_holds_below, unfinished_below
from executions.errors import Conflict, NotAllowed
from executions.models import Execution, Freeze, Hold, Record, Suspension
from executions.states import Verdict

RECORDS_COUNTED = 1000
"""Recorded results are counted up to here."""


class Foresight:
    """What the commands on one run would say to one actor now. Each look is made once, when first asked for.

    Args:
        execution: the run, as just read.
        actor: who looks.
        judged: every command judged by the general rules, as ``base.verdicts`` does.
        has_children: whether anything is below it; nothing is looked up below a run that has none.
    """

    def __init__(self, execution: Execution, actor: Actor, judged: dict[str, Verdict], *, has_children: bool) -> None:
        self.execution = execution
        self.actor = actor
        self.judged = judged
        self.has_children = has_children

    @functools.cached_property
    def below(self) -> set[uuid.UUID]:
        """Ids of the runs below it that may still go on."""
        return unfinished_below(self.execution) if self.has_children else set()

    @functools.cached_property
    def _holds_below(self) -> list[Hold]:
        return open_holds_below(self.below) if self.below else []

    @functools.cached_property
    def anew(self) -> Verdict:
        """Launching its children anew, which a fork does, and a retry that does all again."""
        refusal = held_below(self.execution, self._holds_below, self.actor)
        return Verdict("retry", True) if refusal is None else _refused("retry", refusal)

    @functools.cached_property
    def fork(self) -> Verdict:
        """Forking it: launching is needed besides, and the right to release what is held below."""
        verdict = self.judged["fork"]
        if not verdict.allowed:
            return verdict
        if not self.actor.can("executions:launch"):
            return Verdict("fork", False, "permission", lacking("executions:launch"))
        return Verdict("fork", True) if self.anew.allowed else _renamed("fork", self.anew)

    @functools.cached_property
    def skip(self) -> Verdict:
        """Skipping its next step: there must be one, and one that asks people is theirs to let pass."""
        verdict = self.judged["skip"]
        if not verdict.allowed:
            return verdict
        step = self.execution.next_step
        if step is None:
            return Verdict("skip", False, "state", "No step lies ahead that could be skipped.")
        try:
            require_may_pass(self.execution, step, self.actor)
        except NotAllowed as refusal:
            return Verdict("skip", False, "permission", refusal.detail)
        return verdict

    @functools.cached_property
    def cancel_tree(self) -> Verdict:
        """Cancelling it with all below: a hold there may forbid it; the run alone can be cancelled all the same."""
        verdict = self.judged["cancel"]
        refusal = kept_from_cancel(self.execution, self._holds_below, self.actor) if verdict.allowed else None
        return verdict if refusal is None else _refused("cancel", refusal)

    @functools.cached_property
    def extend(self) -> Verdict:
        """Extending it: there must be something to extend."""
        run, verdict = self.execution, self.judged["extend"]
        if verdict.allowed and run.sla_left is None and not run.budgets:
            return Verdict("extend", False, "state", "This run has neither an SLA nor a budget to extend.")
        return verdict

    @functools.cached_property
    def recorded(self) -> int:
        """How many results its steps, and those of the runs below that may go on, have on record; 1,001 for more."""
        found = Record.objects.filter(execution_id__in=[self.execution.pk, *self.below])
        return found.order_by()[: RECORDS_COUNTED + 1].count()

    def answer(self, asked: Iterable[Suspension] | None = None) -> Verdict:
        """Answering: one of its open questions must be this actor's to answer.

        Args:
            asked: its questions with their votes, where they were looked up already.
        """
        verdict = self.judged["answer"]
        if not verdict.allowed:
            return verdict
        if asked is None:
            asked = self.execution.suspensions.filter(closed_at__isnull=True).prefetch_related("votes")
        behind = person_behind(self.actor)
        judged = [
            answer_verdict(each, self.execution, self.actor, behind, each.votes.all())
            for each in asked
            if each.closed_at is None
        ]
        return next((each for each in judged if each.allowed), judged[0] if judged else verdict)

    def every(self, freezes: list[Freeze], asked: Iterable[Suspension] | None = None) -> dict[str, Verdict]:
        """Judge every command as it would be answered now.

        Args:
            freezes: those that keep the run from going on, oldest first.
            asked: as for ``answer``.

        Returns:
            Command name → verdict. One that may be given in part has the code ``part`` and says in ``why`` what is left
            out: a cancel that reaches this run alone, a retry that does nothing anew.
        """
        retries = self.judged["retry"].allowed  # else nothing is looked up below
        return self.judged | {
            "resume": tell_of_freezes(self.judged["resume"], freezes),
            "cancel": _in_part(self.judged["cancel"], self.cancel_tree, "Only with the scope this."),
            "retry": _in_part(self.judged["retry"], self.anew, "Not with again.") if retries else self.judged["retry"],
            "skip": self.skip,
            "fork": self.fork,
            "extend": self.extend,
            "answer": self.answer(asked),
        }


def foreseen(execution: Execution, actor: Actor) -> dict[str, Verdict]:
    """Judge every command on a run as it would be answered now, in a constant number of queries.

    Args:
        execution: as just read.
        actor: who would give it.

    Returns:
        Command name → verdict, as the console's buttons show them.
    """
    has_children = execution.children.exists()
    foresight = Foresight(execution, actor, verdicts(execution, actor), has_children=has_children)
    return foresight.every(frozen_by(execution))


def _in_part(verdict: Verdict, whole: Verdict, what: str) -> Verdict:
    if not verdict.allowed or whole.allowed:
        return verdict
    return Verdict(verdict.command, True, "part", f"{what} {whole.why}", whole.holds)


def _refused(name: str, refusal: Conflict) -> Verdict:
    return Verdict(name, False, "held", refusal.detail, refusal.holds)


def _renamed(name: str, verdict: Verdict) -> Verdict:
    return Verdict(name, verdict.allowed, verdict.code, verdict.why, verdict.holds)
