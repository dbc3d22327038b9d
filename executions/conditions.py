"""Resume conditions as somebody sends them: read, checked, and put into words."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from executions.authoring.waiting import EVENT_NAME, EVENT_NAME_HELP
from executions.errors import Invalid
from executions.text import clean_moment, clean_object, clean_short

MANUAL = "manual"
MOST = 10
"""Conditions on one hold."""
FURTHEST = datetime.timedelta(days=3650)
KEYS = {
    "at": {"at"},
    "after_seconds": {"after_seconds"},
    "cron": {"cron", "timezone"},
    "event": {"event", "match"},
    "webhook": {"webhook"},
    "kind": {"kind"},
}
"""What names a condition → the keys it may have."""
KNOWN = 'Give one of at, after_seconds, cron, event or webhook, or "manual".'
CRON_HELP = "Write minute, hour, day, month and weekday, such as 0 9 * * 1-5."


@dataclass(frozen=True, slots=True)
class Condition:
    """What ends a hold or a wait by itself.

    Args:
        kind: ``webhook``, ``time``, ``cron`` or ``event``.
        due_at: for ``time`` and ``cron``: when.
        cron: as it was written.
        timezone: in which the cron expression is meant.
        event: for ``event``: the name.
        match: for ``event``: what its data must contain.
        signed: for ``webhook``: only calls with a good signature count.
    """

    kind: str
    due_at: datetime.datetime | None = None
    cron: str = ""
    timezone: str = ""
    event: str = ""
    match: dict[str, Any] = field(default_factory=dict)
    signed: bool = False


def read_conditions(given: Any, name: str = "resume_when") -> tuple[Condition, ...]:
    """Read one condition or a list of them. ``manual`` is always allowed and stands for no condition at all.

    Args:
        given: ``"manual"``, an object, or a list of these; None for none.
        name: the field's name, for errors.

    Returns:
        The conditions; the first that is met ends the hold.

    Raises:
        Invalid: the wrong one is named, with what to write instead.
    """
    if given is None:
        return ()
    several = isinstance(given, list | tuple)
    if several and len(given) > MOST:
        raise _wrong(name, f"Too many conditions: {len(given)}. At most {MOST}.")
    entries = given if several else [given]
    found = [
        condition
        for number, entry in enumerate(entries)
        if (condition := _read(entry, f"{name}.{number}" if several else name)) is not None
    ]
    if sum(condition.kind == "webhook" for condition in found) > 1:
        raise _wrong(name, "One webhook is enough: a hold has one resume token.")
    return tuple(found)


def clean_event_name(text: Any, name: str = "name") -> str:
    """Check the name of an event.

    Raises:
        Invalid: it is none.
    """
    if not isinstance(text, str) or not EVENT_NAME.fullmatch(text):
        raise _wrong(name, EVENT_NAME_HELP)
    return text


def next_time(cron: str, zone: str, now: datetime.datetime) -> datetime.datetime | None:
    """Return the next time of a cron expression, UTC; None where there is none in the years to come.

    Args:
        cron: five fields.
        zone: name of the time zone it is meant in.
        now: the time must be later (aware).

    Raises:
        CronSimError: the expression is wrong.
    """
    found = next(CronSim(cron, now.astimezone(ZoneInfo(zone))), None)
    return None if found is None else found.astimezone(datetime.UTC)


def in_words(
    kind: str,
    *,
    due_at: Any = None,
    cron: str = "",
    zone: str = "",
    event: str = "",
    match: Any = None,
    signed: bool = False,
) -> str:
    """Say what is waited for, such as ``event order.shipped with {"order": 7}``.

    Args:
        kind: of the condition.
        due_at: for ``time`` and ``cron``; left out where None, for who shows it in another way.
        cron: as written.
        zone: of the cron expression.
        event: name of the event.
        match: what its data must contain.
        signed: whether calls must be signed.
    """
    if kind == "webhook":
        return "a signed call of its webhook" if signed else "a call of its webhook"
    if kind == "event":
        from executions.provenance.jsontext import to_json

        return f"event {event}" + (f" with {to_json(match)}" if match else "")
    until = f"{due_at:%Y-%m-%d %H:%M:%S} UTC" if due_at else ""
    return f"{until or 'next time'} of cron {cron} ({zone})" if kind == "cron" else until


def _read(entry: Any, name: str) -> Condition | None:
    if entry == MANUAL:
        return None
    if not isinstance(entry, Mapping):
        raise _wrong(name, f"Must be an object, a list of them, or the word manual. {KNOWN}")
    kinds = [key for key in KEYS if key in entry]
    if len(kinds) != 1:
        raise _wrong(name, f"{'Give only one in each condition.' if kinds else 'Says nothing.'} {KNOWN}")
    (kind,) = kinds
    unknown = sorted(str(key)[:60] for key in set(entry) - KEYS[kind])
    if unknown:
        raise _wrong(f"{name}.{unknown[0]}", f"Unknown field. Known beside {kind}: {_listed(KEYS[kind] - {kind})}.")
    if kind == "kind":
        if entry["kind"] != MANUAL:
            raise _wrong(f"{name}.kind", f"Must be manual. {KNOWN}")
        return None
    return READERS[kind](entry, name)


def _read_at(entry: Mapping[str, Any], name: str) -> Condition:
    name = f"{name}.at"
    given = entry["at"]
    problem = "Give a date and time with its time zone, such as 2026-01-31T12:00:00Z."
    if isinstance(given, str):
        try:
            given = parse_datetime(given)
        except ValueError:
            given = None
    return Condition("time", _in_reach(clean_moment(given, name, problem), name))


def _read_after(entry: Mapping[str, Any], name: str) -> Condition:
    name = f"{name}.after_seconds"
    seconds = entry["after_seconds"]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        raise _wrong(name, "Must be a number of seconds above 0.")
    if seconds > FURTHEST.total_seconds():
        raise _wrong(name, "Must lie within ten years.")
    return Condition("time", timezone.now() + datetime.timedelta(seconds=seconds))


def _read_cron(entry: Mapping[str, Any], name: str) -> Condition:
    cron, zone = clean_short(entry["cron"], f"{name}.cron", 100), entry.get("timezone", "UTC")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, TypeError, OSError) as error:  # unknown, no zone's name, no text, a directory
        raise _wrong(f"{name}.timezone", "Name a time zone, such as Europe/Berlin.") from error
    if len(cron.split()) > 5:  # a sixth would be seconds, or the year: nobody who reads it could tell
        raise _wrong(f"{name}.cron", f"Wrong number of fields. {CRON_HELP}")
    try:
        due = next_time(cron, zone, timezone.now())
    except CronSimError as error:
        raise _wrong(f"{name}.cron", f"{error}. {CRON_HELP}") from error
    if due is None:
        raise _wrong(f"{name}.cron", f"There is no such time. {CRON_HELP}")
    return Condition("cron", due, cron=cron, timezone=zone)


def _read_event(entry: Mapping[str, Any], name: str) -> Condition:
    match = clean_object(entry.get("match", {}), f"{name}.match")
    return Condition("event", event=clean_event_name(entry["event"], f"{name}.event"), match=match)


def _read_webhook(entry: Mapping[str, Any], name: str) -> Condition:
    how = entry["webhook"]
    if isinstance(how, Mapping):
        unknown = sorted(str(key)[:60] for key in set(how) - {"signed"})
        if unknown:
            raise _wrong(f"{name}.webhook.{unknown[0]}", "Unknown field. Known: signed.")
        if not isinstance(how.get("signed", False), bool):
            raise _wrong(f"{name}.webhook.signed", "Must be true or false.")
        return Condition("webhook", signed=how.get("signed", False))
    if how is not True:
        raise _wrong(f"{name}.webhook", 'Must be true or {"signed": true}, or left out.')
    return Condition("webhook")


READERS = {
    "at": _read_at,
    "after_seconds": _read_after,
    "cron": _read_cron,
    "event": _read_event,
    "webhook": _read_webhook,
}


def _in_reach(moment: datetime.datetime, name: str) -> datetime.datetime:
    now = timezone.now()
    if moment <= now:
        raise _wrong(name, f"This time has passed: it is {now:%Y-%m-%d %H:%M:%S} UTC.")
    if moment - now > FURTHEST:
        raise _wrong(name, "Must lie within ten years.")
    return moment


def _wrong(name: str, problem: str) -> Invalid:
    return Invalid(f"{name}: {problem}", errors={name: [problem]})


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
