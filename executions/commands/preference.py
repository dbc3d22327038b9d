"""The command on a person's preferences."""

import zoneinfo
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models.functions import Now

from executions.actors import Actor
from executions.commands.base import command
from executions.errors import Invalid, NotAllowed
from executions.models import Preference
from executions.models.desk import COLUMNS, DENSITIES, THEMES


@command("save preferences")
def save_preference(
    actor: Actor,
    *,
    time_zone: str | None = None,
    theme: str | None = None,
    density: str | None = None,
    columns: Iterable[str] | None = None,
) -> Preference:
    """Keep how a person wants to see the console. It concerns nobody else, so no event tells of it.

    Args:
        actor: whose preferences they are.
        time_zone: name in the IANA database, such as ``Europe/Berlin``; as it was where None.
        theme: ``system``, ``light`` or ``dark``; as it was where None.
        density: ``comfortable`` or ``compact``; as it was where None.
        columns: of the list of runs, in their order, from ``COLUMNS``; the usual ones where empty; as they were where
            None.

    Returns:
        The preferences as they are now.

    Raises:
        NotAllowed: the actor is no person.
        Invalid: a value that does not exist.
    """
    if actor.user_id is None:
        raise NotAllowed("Only people have preferences.")
    wanted: dict[str, Any] = {"time_zone": _clean_zone(time_zone), "theme": _one_of(theme, "theme", THEMES)}
    wanted["density"] = _one_of(density, "density", DENSITIES)
    wanted["columns"] = _clean_columns(columns)
    given = {name: value for name, value in wanted.items() if value is not None}
    preference, _ = Preference.objects.update_or_create(user_id=actor.user_id, defaults={**given, "updated_at": Now()})
    preference.refresh_from_db()
    return preference


def _clean_zone(name: str | None) -> str | None:
    if name is None or name in zoneinfo.available_timezones():
        return name
    problem = f"There is no time zone called {str(name)[:60]!r}. Names look like Europe/Berlin."
    raise Invalid(problem, errors={"time_zone": [problem]})


def _one_of(value: str | None, field: str, known: Sequence[str]) -> str | None:
    if value is None or value in known:
        return value
    problem = f"Choose one of {', '.join(known)}."
    raise Invalid(problem, errors={field: [problem]})


def _clean_columns(names: Iterable[str] | None) -> list[str] | None:
    if names is None:
        return None
    return [str(_one_of(name, "columns", COLUMNS)) for name in dict.fromkeys(names)]
