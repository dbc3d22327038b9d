"""What ends a hold by itself, as its forms take it: a time, a cron expression, an event with its data, a webhook."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest

from console import moments
from console.pages.typed import read_json
from executions.errors import Invalid

FIELDS = {
    "at": "resume_at",
    "cron": "resume_cron",
    "timezone": "resume_zone",
    "event": "resume_event",
    "match": "resume_match",
}
"""Part of a condition → the form's field that it is typed into."""


def typed_conditions(request: HttpRequest) -> list[dict[str, Any]]:
    """Read the conditions as the command takes them; what is wrong with them is the command's to say.

    Raises:
        Invalid: what the data must contain is no JSON, or is given without an event; a zone without a cron expression.
    """
    at, cron, zone, event, match = (request.POST.get(name, "").strip() for name in FIELDS.values())
    wanted: list[dict[str, Any]] = []
    if at:
        moment = moments.typed(at)
        wanted.append({"at": moment.isoformat() if moment else at})
    if cron:
        wanted.append({"cron": cron, "timezone": zone or moments.zone_label()})
    elif zone:
        problem = "Write the cron expression that this zone is for."
        raise Invalid(problem, errors={"resume_cron": [problem]})
    if event:
        wanted.append({"event": event, "match": read_json(match, "resume_match") if match else {}})
    elif match:
        problem = "Name the event whose data this is about."
        raise Invalid(problem, errors={"resume_event": [problem]})
    if request.POST.get("resume_signed"):
        wanted.append({"webhook": {"signed": True}})
    elif request.POST.get("resume_webhook"):
        wanted.append({"webhook": True})
    return wanted


@contextmanager
def named_as_typed() -> Iterator[None]:
    """Within this block, a refusal names the form's fields where it names parts of a condition."""
    try:
        yield
    except Invalid as refusal:
        refusal.errors = {_field_of(name): messages for name, messages in refusal.errors.items()}
        raise


def _field_of(name: str) -> str:
    condition, _, part = name.rpartition(".")
    return FIELDS.get(part, name) if condition.startswith("resume_when") else name
