"""Commands on templates for reasons: add, change, move, delete."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Max

from executions.actors import Actor
from executions.commands.base import command, parse_id, require_scope
from executions.commands.managing import MANAGE_SCOPE
from executions.errors import Conflict, Invalid, NotFound
from executions.models import SYSTEM_LEDGER, Event, ReasonTemplate
from executions.provenance import append
from executions.text import clean_reason, clean_short

OFFERED_FOR = (
    "pause",
    "resume",
    "cancel",
    "amend",
    "retry",
    "skip",
    "fork",
    "extend",
    "place",
    "release",
    "freeze",
    "lift",
    "label",
)
"""Commands that ask for a reason."""
MOST_TEMPLATES = 100
LONGEST_CODE = 60

STARTERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Input looks wrong; checking with whoever sent it.", "data-error", ("pause", "place")),
    ("A system this depends on is down.", "dependency-down", ("pause", "freeze")),
    ("Amounts do not agree; waiting for corrected documents.", "data-error", ("pause", "place")),
    ("Needs a second pair of eyes before it goes on.", "review", ("pause", "place")),
    ("Compliance review.", "compliance", ("place", "freeze")),
    ("Planned maintenance.", "maintenance", ("pause", "freeze")),
    ("Checked; may go on.", "checked", ("resume", "release", "lift")),
    ("The cause is fixed.", "fixed", ("resume", "retry", "release", "lift")),
    ("Corrected as agreed with whoever sent it.", "data-error", ("amend",)),
    ("Launched by mistake.", "mistake", ("cancel",)),
    ("Replaced by another run.", "superseded", ("cancel",)),
    ("Done by hand outside.", "done-by-hand", ("skip", "cancel")),
)
"""What a new installation begins with: text, reason code, commands."""


@command("add reason template")
def add_reason(actor: Actor, *, text: str, reason_code: str = "", commands: Iterable[str] = ()) -> ReasonTemplate:
    """Add a template at the end of the list.

    Args:
        actor: who adds it; needs ``console:manage``.
        text: the words, as they go into the field.
        reason_code: a word for statistics that goes with them.
        commands: those it is offered for, of ``OFFERED_FOR``; all where empty.

    Returns:
        The template.

    Raises:
        NotAllowed, Invalid, Conflict: as their names say.
    """
    require_scope(actor, MANAGE_SCOPE)
    return _add(actor, _cleaned(text, reason_code, commands))


@command("change reason template")
def change_reason(
    actor: Actor,
    template_id: uuid.UUID | str,
    *,
    text: str | None = None,
    reason_code: str | None = None,
    commands: Iterable[str] | None = None,
) -> ReasonTemplate:
    """Change a template; reasons that were given with it stay as they are.

    Args:
        actor: who changes it; needs ``console:manage``.
        template_id: which one.
        text, reason_code, commands: as in ``add_reason``; what is None stays as it is.

    Returns:
        The template as it is now.

    Raises:
        NotFound, NotAllowed, Invalid: as their names say.
    """
    require_scope(actor, MANAGE_SCOPE)
    _one_at_a_time()
    template = find_reason(template_id)
    before = _told(template)
    given = {"text": text, "reason_code": reason_code, "commands": commands}
    meant = before | {name: value for name, value in given.items() if value is not None}
    wanted = _cleaned(**meant, besides=template)
    if before == wanted:
        return template
    for name, value in wanted.items():
        setattr(template, name, value)
    template.save(update_fields=list(wanted))
    data = {"template": template.pk, "before": before, "after": wanted}
    append(SYSTEM_LEDGER, "reason_template.changed", actor, data=data)
    return template


@command("move reason template")
def move_reason(actor: Actor, template_id: uuid.UUID | str, *, places: int) -> None:
    """Move a template up or down in the list; beyond an end it stays at that end.

    Args:
        actor: who moves it; needs ``console:manage``.
        template_id: which one.
        places: how far; up where negative.

    Raises:
        NotFound, NotAllowed: as their names say.
    """
    require_scope(actor, MANAGE_SCOPE)
    _one_at_a_time()
    template = find_reason(template_id)
    order = list(ReasonTemplate.objects.order_by("position", "id").values_list("pk", flat=True))
    was = order.index(template.pk)
    now = max(0, min(len(order) - 1, was + places))
    if was == now:
        return
    order.insert(now, order.pop(was))
    for position, pk in enumerate(order):
        ReasonTemplate.objects.filter(pk=pk).exclude(position=position).update(position=position)
    data = {"template": template.pk, "text": template.text, "before": was + 1, "after": now + 1}
    append(SYSTEM_LEDGER, "reason_template.moved", actor, data=data)


@command("delete reason template")
def delete_reason(actor: Actor, template_id: uuid.UUID | str) -> None:
    """Delete a template; reasons that were given with it stay as they are.

    Args:
        actor: who deletes it; needs ``console:manage``.
        template_id: which one.

    Raises:
        NotFound, NotAllowed: as their names say.
    """
    require_scope(actor, MANAGE_SCOPE)
    _one_at_a_time()
    template = find_reason(template_id)
    data = {"template": template.pk, **_told(template)}
    template.delete()
    append(SYSTEM_LEDGER, "reason_template.deleted", actor, data=data)


@command("seed reason templates")
def seed_reasons(actor: Actor) -> int:
    """Give an installation that never had a template those it may begin with; return how many.

    Whoever has deleted them does not get them again.
    """
    _one_at_a_time()
    known = ReasonTemplate.objects.exists()
    if known or Event.objects.filter(ledger=SYSTEM_LEDGER, kind__startswith="reason_template.").exists():
        return 0
    for text, reason_code, commands in STARTERS:
        _add(actor, _cleaned(text, reason_code, commands))
    return len(STARTERS)


def find_reason(template_id: uuid.UUID | str) -> ReasonTemplate:
    """Load a template.

    Raises:
        NotFound: there is no such template.
    """
    found = ReasonTemplate.objects.filter(pk=parse_id(template_id, "template")).first()
    if found is None:
        raise NotFound("There is no such template. Somebody may have deleted it.")
    return found


def _add(actor: Actor, wanted: dict[str, Any]) -> ReasonTemplate:
    _one_at_a_time()
    if ReasonTemplate.objects.count() >= MOST_TEMPLATES:
        raise Conflict(f"There are {MOST_TEMPLATES} templates already. Delete one that nobody uses.")
    last = ReasonTemplate.objects.aggregate(last=Max("position"))["last"]
    template = ReasonTemplate.objects.create(**wanted, position=0 if last is None else last + 1)
    append(SYSTEM_LEDGER, "reason_template.added", actor, data={"template": template.pk, **wanted})
    return template


def _one_at_a_time() -> None:
    # The order is a matter of all templates together; a row lock on one of them would not keep it.
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE executions_reasontemplate IN SHARE ROW EXCLUSIVE MODE")


def _told(template: ReasonTemplate) -> dict[str, Any]:
    return {"text": template.text, "reason_code": template.reason_code, "commands": template.commands}


def _cleaned(
    text: str, reason_code: str, commands: Iterable[str], besides: ReasonTemplate | None = None
) -> dict[str, Any]:
    text = clean_reason(text, "text", blank="Write the words of the reason.")
    chosen = set(commands)
    unknown = sorted(chosen - set(OFFERED_FOR))
    if unknown:
        problem = f"No such command: {unknown[0][:60]}. Known: {', '.join(OFFERED_FOR)}."
        raise Invalid(problem, errors={"commands": [problem]})
    same = ReasonTemplate.objects.filter(text=text)
    if (same if besides is None else same.exclude(pk=besides.pk)).exists():
        problem = "There is a template with these words already."
        raise Invalid(problem, errors={"text": [problem]})
    return {
        "text": text,
        "reason_code": clean_short(reason_code, "reason_code", LONGEST_CODE),
        # All of them is the same as none: also those that come later.
        "commands": [] if len(chosen) == len(OFFERED_FOR) else [name for name in OFFERED_FOR if name in chosen],
    }
