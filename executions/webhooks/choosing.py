"""Which events an endpoint is told of."""

from collections.abc import Iterable, Mapping
from typing import Any

from executions.errors import Invalid
from executions.provenance.kinds import KINDS, family
from executions.text import clean_short

EVERY = "*"
MOST_WORKFLOWS = 50


def clean_kinds(kinds: Any) -> list[str]:
    """Check which kinds of events are wanted.

    Args:
        kinds: names of kinds, families such as ``hold.*``, or ``*``.

    Returns:
        Each once, in the order of the catalogue.

    Raises:
        Invalid: none, or one that does not exist.
    """
    wanted = _texts(kinds, "kinds")
    if not wanted:
        raise _wrong("kinds", "Choose at least one kind of event, a family such as hold.*, or * for all.")
    unknown = [kind for kind in wanted if not _exists(kind)]
    if unknown:
        raise _wrong("kinds", f"There is no kind {unknown[0][:60]!r}. Give one such as hold.placed, hold.*, or *.")
    if EVERY in wanted:
        return [EVERY]
    return sorted(set(wanted))


def clean_workflows(workflows: Any) -> list[str]:
    """Check names of workflows; one that this installation does not know yet is taken as well."""
    wanted = [clean_short(name, "workflows") for name in _texts(workflows, "workflows")]
    if len(wanted) > MOST_WORKFLOWS:
        raise _wrong("workflows", f"At most {MOST_WORKFLOWS} workflows.")
    return sorted({name for name in wanted if name})


def wants(kinds: Iterable[str], kind: str) -> bool:
    """Tell whether a choice of kinds includes one."""
    return any(each in (EVERY, kind, f"{kind.partition('.')[0]}.*") for each in kinds)


def covers(
    workflows: Iterable[str], labels: Mapping[str, str], workflow: str | None, carried: Mapping[str, str]
) -> bool:
    """Tell whether an endpoint is told of events of a run.

    Args:
        workflows: those chosen; all where empty.
        labels: those that a run must carry.
        workflow: of the run; None for an event that concerns no run, which only an endpoint for all runs is told of.
        carried: labels of the run.
    """
    chosen = list(workflows)
    if workflow is None:
        return not chosen and not labels
    return (not chosen or workflow in chosen) and all(carried.get(name) == value for name, value in labels.items())


def _exists(kind: str) -> bool:
    if kind.endswith(".*"):
        return bool(family(kind.removesuffix(".*")))
    return kind == EVERY or kind in KINDS


def _texts(given: Any, field: str) -> list[str]:
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        raise _wrong(field, "Must be a list of texts.")
    return [text for each in given if (text := each.strip())]


def _wrong(field: str, problem: str) -> Invalid:
    return Invalid(f"{field}: {problem}", errors={field: [problem]})
