"""Which events a stream tells."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from executions.actors import VIAS
from executions.errors import Invalid
from executions.models import SYSTEM_LEDGER
from executions.models.event import ROUTINE_KINDS
from executions.provenance.kinds import KINDS, family
from executions.queries.tail import Line

SYSTEM = "system"
MOST_VALUES = 100
"""Of one filter."""


@dataclass(slots=True)
class Choice:
    """Which events a stream tells; what is empty does not narrow it.

    Args:
        kinds: these kinds.
        ledgers: of these runs, or the system ledger.
        workflows: of runs of these.
        labels: of runs that have all of these now; without a value, whatever it is.
        person: by whom: an id such as ``user:7``, or a printed name.
        via: through this door.
        routine: also what runs write by the thousand.
        system: may be told the system ledger.
    """

    kinds: frozenset[str] = frozenset()
    ledgers: frozenset[uuid.UUID] = frozenset()
    workflows: frozenset[str] = frozenset()
    labels: tuple[tuple[str, str | None], ...] = ()
    person: str = ""
    via: str = ""
    routine: bool = False
    system: bool = field(default=False, kw_only=True)

    def wants(self, line: Line) -> bool:
        """Tell whether the stream tells this event."""
        event = line.event
        if event.ledger == SYSTEM_LEDGER and not self.system:
            return False
        if self.kinds:
            if event.kind not in self.kinds:
                return False
        elif not self.routine and event.kind in ROUTINE_KINDS:
            return False
        return (
            (not self.ledgers or event.ledger in self.ledgers)
            and (not self.workflows or line.workflow in self.workflows)
            and (not self.via or event.via == self.via)
            and (not self.person or self.person in (event.actor_id, event.actor_name))
            and all(self._has(line.labels, name, value) for name, value in self.labels)
        )

    @staticmethod
    def _has(labels: dict[str, str], name: str, value: str | None) -> bool:
        return name in labels and (value is None or labels[name] == value)


def kinds_called(names: Iterable[str]) -> frozenset[str]:
    """Return the kinds with these names; a family such as ``hold`` stands for all of its kinds.

    Raises:
        Invalid: there is none of that name.
    """
    found: set[str] = set()
    for name in names:
        called = [name] if name in KINDS else family(name)
        if not called:
            raise _wrong(
                "kind", f"There is no kind of event called {name[:60]!r}. docs/reference/events.md lists them."
            )
        found.update(called)
    return frozenset(found)


def ledgers_called(names: Iterable[str]) -> frozenset[uuid.UUID]:
    """Return the ledgers of runs with these ids; ``system`` is the system ledger.

    Raises:
        Invalid: something else is no id.
    """
    found = set()
    for name in names:
        try:
            found.add(SYSTEM_LEDGER if name == SYSTEM else uuid.UUID(name))
        except ValueError:
            raise _wrong("run", f"Give a run's whole id, or the word system, not {name[:60]!r}.") from None
    return frozenset(found)


def labels_called(names: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
    """Return labels as name and value: ``team`` with any value, ``team:north`` with this one."""
    return tuple((name, value if colon else None) for name, colon, value in (each.partition(":") for each in names))


def door_called(name: str) -> str:
    """Return a door.

    Raises:
        Invalid: there is none of that name.
    """
    if name and name not in VIAS:
        raise _wrong("via", f"Unknown door {name[:40]!r}. Known: {', '.join(VIAS)}.")
    return name


def listed(values: list[str], field: str, *, parted: bool = True) -> list[str]:
    """Return the values of a parameter that may be repeated, or hold several parted by commas.

    Raises:
        Invalid: there are too many.
    """
    found = [part.strip() for value in values for part in (value.split(",") if parted else [value]) if part.strip()]
    if len(found) > MOST_VALUES:
        raise _wrong(field, f"Name {MOST_VALUES} at most, or follow everything and choose yourself.")
    return found


def _wrong(field: str, problem: str) -> Invalid:
    return Invalid(problem, errors={field: [problem]})
