"""Requesting a cancel: of one run or of a whole tree, in a constant number of statements."""

from collections.abc import Sequence

from django.db.models import F
from django.db.models.functions import Now

from executions import states
from executions.actors import Actor
from executions.authoring import registry
from executions.commands.tree import is_over, lock_descendants, open_holds_below
from executions.engine.post import tell_all
from executions.errors import Conflict
from executions.models import Execution, Hold, Suspension
from executions.provenance import append_each

NAMED = 3
"""Runs that a refusal names; of more it says how many."""


def cancel_runs(runs: Sequence[Execution], actor: Actor, reason: str, *, because_of: Execution | None = None) -> None:
    """Request the cancel of runs that are not finished; the caller holds their locks, has asked the rules, and tells.

    Those that nobody is on and whose workflow has nothing to clean up are cancelled at once.

    Args:
        runs: which.
        actor: who cancels, or the rule that does.
        reason: why.
        because_of: the run whose tree is cancelled, where these are below it.
    """
    keys = [run.pk for run in runs]
    told = {} if because_of is None else {"because_of": str(because_of.pk)}
    questions = Suspension.objects.filter(execution__in=keys, closed_at__isnull=True)
    withdrawn = list(questions.order_by("opened_at", "id").values_list("execution_id", "pk", "key"))
    questions.update(closed_at=Now(), outcome="withdrawn")
    Execution.objects.filter(pk__in=keys).update(
        cancel_requested_at=Now(),
        state_since=Now(),
        # Clean-up waits for no retry's time, and has tries of its own.
        not_before=None,
        attempt=0,
        version=F("version") + 1,
    )
    append_each("execution.cancel_requested", actor, [(key, told) for key in keys], reason=reason)
    lines = [(run, {"suspension": str(question), "key": key}) for run, question, key in withdrawn]
    append_each("suspension.withdrawn", actor, lines, reason=reason)
    at_once = [run.pk for run in runs if run.lease_until is None and _has_nothing_to_clean_up(run.workflow)]
    Execution.objects.filter(pk__in=at_once).update(outcome=states.CANCELLED, finished_at=Now())
    append_each("execution.cancelled", actor, [(key, {"clean_up": False}) for key in at_once], reason=reason)


def cancel_below(execution: Execution, actor: Actor, reason: str) -> None:
    """Request the cancel of all unfinished descendants of a run, which the caller has locked.

    A rule of the engine leaves out those that a hold keeps from being cancelled.

    Args:
        execution: the run at the top.
        actor: who cancels, or the rule that does.
        reason: why.

    Raises:
        Conflict: such a hold stands on a descendant, and the actor may not release it; says whose it is.
    """
    below = [run for run in lock_descendants(execution) if run.outcome is None]
    if not below:
        return
    blocking = _blocking(open_holds_below([run.pk for run in below]), actor)
    if blocking and not actor.id.startswith("policy:"):
        raise _refusal(execution, blocking)
    kept = {hold.execution_id for hold in blocking}
    runs = [run for run in below if run.pk not in kept]
    cancel_runs(runs, actor, reason, because_of=execution)
    tell_all([run.pk for run in runs])


def kept_from_cancel(execution: Execution, holds: Sequence[Hold], actor: Actor) -> Conflict | None:
    """Return why a run cannot be cancelled with all below it by this actor; None where nothing is in the way.

    Args:
        execution: the run at the top.
        holds: the open ones below it.
        actor: who wants to.
    """
    blocking = _blocking([hold for hold in holds if not is_over(hold.execution)], actor)
    return _refusal(execution, blocking) if blocking else None


def _blocking(holds: Sequence[Hold], actor: Actor) -> list[Hold]:
    return [
        hold
        for hold in holds
        if hold.blocks_cancel and hold.before_step is None and not hold.facts.releasable_by(actor.scopes, actor.user_id)
    ]


def _refusal(execution: Execution, blocking: Sequence[Hold]) -> Conflict:
    named = [f"“{hold.execution.title}” ({hold.execution_id}): {hold.facts.whose()}" for hold in blocking[:NAMED]]
    more = f" And {len(blocking) - NAMED} more." if len(blocking) > NAMED else ""
    return Conflict(
        f"Nothing was cancelled: below this run, {' '.join(named)}{more} To cancel this run alone, use the scope this.",
        state=execution.state,
        holds=[str(hold.pk) for hold in blocking],
    )


def _has_nothing_to_clean_up(workflow: str) -> bool:
    definition = registry.find(workflow)
    return definition is not None and definition.clean_up is None
