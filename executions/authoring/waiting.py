"""From what an author writes to a wait: for an event from outside, or for a time."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from executions.authoring.flow import Question

EVENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}")
EVENT_NAME_HELP = "Name the event with letters, digits and . _ : / -, 200 at most, such as order.shipped."
LONGEST = timedelta(days=3650)


def make_wait(
    event: str,
    *,
    key: str = "",
    match: Mapping[str, Any] | None = None,
    deadline: timedelta | None = None,
    default: Mapping[str, Any] | None = None,
) -> Question:
    """Make the question that waits for a named event.

    Args:
        event: its name.
        key: unique in the step; the event's name where blank.
        match: what its data must contain.
        deadline: how long to wait; for ever where None.
        default: taken for its data at the deadline, instead of an error.

    Raises:
        ValueError: an argument that makes no sense; the message names it.
    """
    where = f"Wait for {event!r}"
    if not isinstance(event, str) or not EVENT_NAME.fullmatch(event):
        raise ValueError(f"{where}: {EVENT_NAME_HELP}")
    if deadline is not None:
        _check_length(where, "deadline", deadline)
    elif default is not None:
        raise ValueError(f"{where}: default is taken at the deadline; give the deadline.")
    wanted = _as_json(where, "match", match or {})
    return Question(
        key=str(key or event),
        title=f"Event {event}",
        context={"event": event, **({"match": wanted} if wanted else {})},
        kind="event",
        format="json",
        deadline=deadline,
        on_deadline="fail" if default is None else "default",
        default=None if default is None else _as_json(where, "default", default),
        event=event,
        match=wanted,
    )


def make_sleep(key: str, duration: timedelta) -> Question:
    """Make the question that waits for a time.

    Args:
        key: unique in the step.
        duration: how long to sleep.

    Raises:
        ValueError: no duration, or none that can be waited for.
    """
    if not isinstance(duration, timedelta) or not timedelta(0) <= duration <= LONGEST:
        raise ValueError(f"Sleep {key!r}: duration must be a timedelta of at most ten years, not {duration!r}.")
    return Question(key=str(key), title=f"Sleep for {duration}", kind="time", format="json", wake_in=duration)


def _check_length(where: str, name: str, length: timedelta) -> None:
    if not isinstance(length, timedelta) or not timedelta(seconds=1) <= length <= LONGEST:
        raise ValueError(f"{where}: {name} must be a timedelta from one second to ten years, not {length!r}.")


def _as_json(where: str, name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(json.dumps(dict(value), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {name} must be a dict of JSON values: {error}.") from error
    return found
