"""Which runs a bulk command is meant for: some by id, all that a filter selects, or those of an earlier bulk job."""

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from executions.errors import Invalid
from executions.models import BulkItem, Execution
from executions.queries.chosen import RunFilter, matching


@dataclass(frozen=True, slots=True)
class Selection:
    """Exactly one of these.

    Args:
        ids: these runs.
        wanted: all runs that this filter selects, as they are when the list is made.
        job: the runs on which this earlier bulk job was carried out.
    """

    ids: tuple[uuid.UUID, ...] = ()
    wanted: RunFilter | None = None
    job: uuid.UUID | None = None

    @property
    def is_list(self) -> bool:
        """Runs are named one by one, so each is owed an answer, also where its state excludes the command."""
        return bool(self.ids)

    def as_json(self) -> dict[str, Any]:
        """Return what is kept and told of it: of a list only how long it was, for its runs are in the job's items."""
        if self.wanted is not None:
            told = {name: value for name, value in asdict(self.wanted).items() if value}
            return {"filter": {name: v.isoformat() if isinstance(v, datetime) else v for name, v in told.items()}}
        return {"job": str(self.job)} if self.job else {"ids": len(self.ids)}


def read_ids(texts: Iterable[Any]) -> tuple[uuid.UUID, ...]:
    """Read the ids of runs; each counts once.

    Raises:
        Invalid: one is no id.
    """
    found: dict[uuid.UUID, None] = {}
    for text in texts:
        try:
            found[text if isinstance(text, uuid.UUID) else uuid.UUID(str(text))] = None
        except ValueError as error:
            problem = f"{str(text)[:60]!r} is no run's id."
            raise Invalid(problem, errors={"ids": [problem]}) from error
    return tuple(found)


def selected(selection: Selection) -> QuerySet[Execution]:
    """Return the runs, in no order.

    Raises:
        Invalid: nothing or too much was chosen, an id is unknown, or the filter is no good.
    """
    chosen = [bool(selection.ids), selection.wanted is not None, selection.job is not None]
    if sum(chosen) != 1:
        problem = "Choose runs: by their ids, by a filter, or those of an earlier bulk job."
        raise Invalid(problem, errors={"ids": [problem]})
    if selection.wanted is not None:
        return matching(selection.wanted)
    if selection.job is not None:
        done = BulkItem.objects.filter(job=selection.job, outcome="done")
        return Execution.objects.filter(pk__in=done.values("execution_id"))
    runs = Execution.objects.filter(pk__in=selection.ids)
    known = set(runs.values_list("pk", flat=True))
    unknown = [key for key in selection.ids if key not in known]
    if unknown:
        more = f" and {len(unknown) - 1} more of these" if len(unknown) > 1 else ""
        problem = f"There is no run with the id {unknown[0]}{more}."
        raise Invalid(problem, errors={"ids": [problem]})
    return runs
