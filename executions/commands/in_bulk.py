"""The commands that can be given to many runs: what each asks for, and how it is given to one of them."""

import contextlib
import datetime
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from executions import states
from executions.actors import Actor
from executions.commands import control, execution, hold, label
from executions.commands.base import about, command, lock
from executions.commands.launch import clean_labels
from executions.commands.tree import TREE, clean_scope
from executions.errors import Conflict, Invalid
from executions.models import BulkItem, BulkJob, Hold
from executions.text import clean_moment, clean_short

type Arguments = dict[str, Any]
RELEASABLE = frozenset(states.STATES) - states.TERMINAL - {states.CANCELLING}
"""States in which a hold may still mean something."""


@dataclass(frozen=True, slots=True)
class Act:
    """A command that can be given to many runs.

    Args:
        name: of the single command.
        scopes: any of these is needed; each run's own command asks for the rest.
        states: a filter takes runs in one of these alone; all else is judged run by run.
        give: gives it to one run; returns the hold that it placed, if it places one.
        takes: its arguments → how each is checked.
        why: a reason must be given.
    """

    name: str
    scopes: tuple[str, ...]
    states: frozenset[str]
    give: Callable[[Actor, uuid.UUID, str, Arguments], Hold | None]
    takes: Mapping[str, Callable[[Any], Any]]
    why: bool = True

    def excludes(self, state: str) -> str:
        """Say why a run in this state cannot be given it; empty where it can."""
        if state in self.states:
            return ""
        hint = {"retry": "Only a failed run can be retried in bulk.", "release": "Its holds mean nothing any more."}
        return f"{states.STATE_SENTENCE[state]} {hint.get(self.name) or states.STATE_HINT[self.name]}"


def find_act(name: Any) -> Act:
    """Return the command of this name.

    Raises:
        Invalid: it cannot be given in bulk.
    """
    found = ACTS.get(name) if isinstance(name, str) else None
    if found is None:
        problem = f"Choose one of {', '.join(ACTS)}, not {str(name)[:40]!r}."
        raise Invalid(problem, errors={"command": [problem]})
    return found


def clean_arguments(act: Act, given: Mapping[str, Any] | None) -> Arguments:
    """Check the arguments of a command, and drop what says nothing.

    Raises:
        Invalid: one that the command does not know, or that is no good.
    """
    given = {name: value for name, value in (given or {}).items() if value not in (None, "", False, {}, [])}
    for name in given:
        if name not in act.takes:
            problem = f"{act.name} in bulk takes no {name}. It takes: {', '.join(act.takes) or 'a reason alone'}."
            raise Invalid(problem, errors={name: [problem]})
    cleaned = {name: act.takes[name](value) for name, value in given.items()}
    if act.name == "label" and not cleaned:
        problem = "Give labels to set, or names of labels to remove."
        raise Invalid(problem, errors={"set": [problem]})
    if act.name == "release" and len(cleaned) != 1:
        problem = "Say whose holds: those of an earlier bulk job, or those that a person placed."
        raise Invalid(problem, errors={"of_job": [problem]})
    return cleaned


def holds_meant(arguments: Arguments) -> QuerySet[Hold]:
    """Return the open holds that a bulk release is meant for: those of a job, or those that a person placed."""
    found = Hold.objects.filter(released_at__isnull=True)
    if "of_job" in arguments:
        placed = BulkItem.objects.filter(job=arguments["of_job"], hold__isnull=False)
        return found.filter(pk__in=placed.values("hold"))
    person = get_user_model().objects.filter(username=arguments["placed_by"]).first()
    # What was spread from a hold higher up is released together with it.
    return found.filter(placed_by_user=person.pk if person else -1, spread_from__isnull=True)


def _pause(actor: Actor, run: uuid.UUID, reason: str, arguments: Arguments) -> Hold:
    return execution.pause(actor, run, reason=reason, **arguments)


def _resume(actor: Actor, run: uuid.UUID, reason: str, arguments: Arguments) -> None:
    execution.resume(actor, run, note=reason)


def _place(actor: Actor, run: uuid.UUID, reason: str, arguments: Arguments) -> Hold:
    review = arguments.get("review_by")
    moment = datetime.datetime.fromisoformat(review) if review else None
    return hold.place(actor, run, reason=reason, **{**arguments, "review_by": moment})


def _cancel(actor: Actor, run: uuid.UUID, reason: str, arguments: Arguments) -> None:
    execution.cancel(actor, run, reason=reason, **arguments)


def _retry(actor: Actor, run: uuid.UUID, reason: str, arguments: Arguments) -> None:
    control.retry(actor, run, reason=reason)


def _label(actor: Actor, run: uuid.UUID, reason: str, arguments: Arguments) -> None:
    label.label(actor, run, reason=reason, **arguments)


@command("release")
def _release(actor: Actor, run: uuid.UUID, reason: str, arguments: Arguments) -> None:
    """Release all that is meant on one run, or nothing."""
    locked = lock(run)
    meant = list(holds_meant(arguments).filter(execution=run).order_by("placed_at", "id"))
    with about(locked):
        if not meant:
            raise Conflict("No such hold is open on this run any more.", state=locked.state)
        for each in meant:
            hold.require_releasable(locked, each, actor)
    for each in meant:
        hold.release(actor, each.pk, reason=reason)


def _clean_job(value: Any) -> str:
    try:
        key = uuid.UUID(str(value))
    except ValueError:
        key = uuid.UUID(int=0)
    if not BulkJob.objects.filter(pk=key).exists():
        problem = f"There is no bulk job with the id {str(value)[:60]}."
        raise Invalid(problem, errors={"of_job": [problem]})
    return str(key)


def _clean_person(value: Any) -> str:
    name = clean_short(value, "placed_by")
    if not get_user_model().objects.filter(username=name).exists():
        problem = f"Nobody is called {name[:60]}."
        raise Invalid(problem, errors={"placed_by": [problem]})
    return name


def _clean_names(value: Any) -> list[str]:
    names = value if isinstance(value, list | tuple) else [value]
    return [clean_short(name, "remove", 60) for name in names]


def _clean_flag(name: str) -> Callable[[Any], bool]:
    """Return how a flag is checked: a text such as ``"false"`` must not count as yes."""

    def clean(value: Any) -> bool:
        if value is not True:  # what is false has been left out
            raise Invalid(f"{name}: Must be true or false.", errors={name: ["Must be true or false."]})
        return True

    return clean


def _clean_review(value: Any) -> str:
    with contextlib.suppress(ValueError):
        value = datetime.datetime.fromisoformat(value) if isinstance(value, str) else value
    return clean_moment(value, "review_by").isoformat()


PLACING: dict[str, Callable[[Any], Any]] = {
    "reason_code": lambda value: clean_short(value, "reason_code", 60),
    "ticket": lambda value: clean_short(value, "ticket", 500),
    "scope": clean_scope,
}
FLAGS = ("blocks_cancel", "dual_control")
ACTS = {
    act.name: act
    for act in (
        Act("pause", ("executions:pause",), states.ALLOWED_STATES["pause"], _pause, PLACING),
        Act("resume", ("executions:pause",), states.ALLOWED_STATES["resume"], _resume, {}, why=False),
        Act("cancel", ("executions:cancel",), states.ALLOWED_STATES["cancel"], _cancel, {"scope": clean_scope}),
        Act("retry", ("executions:control",), frozenset({states.FAILED}), _retry, {}),
        Act(
            "place",
            ("holds:place",),
            states.ALLOWED_STATES["place"],
            _place,
            {**PLACING, "review_by": _clean_review} | {name: _clean_flag(name) for name in FLAGS},
        ),
        Act(
            "label",
            ("executions:label",),
            states.ALLOWED_STATES["label"],
            _label,
            {"set": clean_labels, "remove": _clean_names},
        ),
        Act(
            "release",
            ("executions:pause", "holds:release"),
            RELEASABLE,
            _release,
            {"of_job": _clean_job, "placed_by": _clean_person},
        ),
    )
}
"""By name, in the order in which they are offered."""
REACHES_BELOW = frozenset({"pause", "cancel", "place"})
"""Commands that reach the unfinished runs below a run as well, unless told otherwise."""


def reaches_below(act: Act, arguments: Arguments) -> bool:
    """Tell whether a command will also reach the runs below those that were chosen."""
    return act.name in REACHES_BELOW and arguments.get("scope", TREE) == TREE
