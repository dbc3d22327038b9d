"""What a step may return besides changes, and the pauses that stand in a route of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from executions.authoring.who import Who

MERGES = ("shallow", "deep", "none")


class Next:
    """Returned by a step: where the run goes from here.

    If the last name stands on the workflow's route, the route goes on from there; else what lay ahead follows it.
    ``Next()`` ends the run. Naming the step itself loops.

    Args:
        names: steps or pauses of the workflow, in order.
        changes: changes to the payload, as a step otherwise returns them.
    """

    __slots__ = ("changes", "names")

    def __init__(self, *names: str, changes: dict[str, Any] | None = None) -> None:
        self.names = names
        self.changes = changes

    def __repr__(self) -> str:
        return f"Next({', '.join(map(repr, self.names))})"


class Ask:
    """Returned by a step, made by ``ctx.ask``: the run pauses here, and the step's ``on_resume`` takes the answer."""

    __slots__ = ("options", "title")

    def __init__(self, title: str, options: Mapping[str, Any]) -> None:
        self.title = title
        self.options = dict(options)


@dataclass(frozen=True, slots=True)
class Pause:
    """A stop in a route where a person must answer before the run goes on. Made by ``Workflow.pause``.

    Args:
        name: its name in the route.
        title: the question in a few words.
        merge: how the answer's declared fields come into the payload: ``shallow`` at the root, ``deep`` into what
            is there, or ``none``.
        options: everything else that ``ctx.suspend`` takes.
        where: file and line of the definition.
    """

    name: str
    title: str
    merge: str = "shallow"
    options: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """An approval before a step, which is shown with the step's exact input.

    Args:
        who: who may answer; whoever may answer questions where None.
        on_refuse: ``fail`` the run or ``skip`` the step when it is refused.
    """

    who: Who | None = None
    on_refuse: str = "fail"


def merged(payload: Mapping[str, Any], answer: Mapping[str, Any], merge: str) -> dict[str, Any]:
    """Return the changes that an answer makes to the payload.

    Args:
        payload: as it is.
        answer: the answer's fields.
        merge: one of ``MERGES``.
    """
    if merge == "none":
        return {}
    if merge == "shallow":
        return dict(answer)
    return {name: _deep(payload.get(name), value) for name, value in answer.items()}


def _deep(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: _deep(old.get(name), value) for name, value in new.items()}}
    return new


def resolve(names: tuple[str, ...], route: tuple[str, ...], ahead: list[str]) -> list[str]:
    """Return the steps ahead after a ``Next``.

    Args:
        names: what it names.
        route: the workflow's route.
        ahead: what lay ahead after the step that returned it.
    """
    if not names:
        return []
    if names[-1] in route:
        return [*names, *route[route.index(names[-1]) + 1 :]]
    return [*names, *(name for name in ahead)]
