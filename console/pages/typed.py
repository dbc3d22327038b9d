"""What people typed into the forms of a run, read as its commands take it; what it means is the commands' to judge."""

import json
import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from console.access import record_refusal
from executions import states
from executions.actors import Actor
from executions.commands.tree import TREE
from executions.errors import Invalid

PICKED = "_picked"
"""Ends the name of the list of templates beside a field for reasons."""


def picked(data: Any, name: str) -> str:
    """Return what was typed into a field for reasons; where that is blank, the template chosen beside it.

    Args:
        data: what was sent.
        name: of the field.
    """
    text = str(data.get(name, ""))
    return text if text.strip() else str(data.get(f"{name}{PICKED}", "")) or text


def reason_of(request: HttpRequest, name: str = "reason") -> str:
    """Return the reason that was typed or chosen."""
    return picked(request.POST, name)


def read_or_refuse[T](
    actor: Actor,
    command: str,
    execution_id: uuid.UUID,
    read: Callable[[], T],
    blank: T,
    *,
    scope: str = "",
) -> T:
    """Read a field of a command's form; what cannot be read is refused and recorded, unless the command refuses anyway.

    Args:
        actor: who typed it.
        command: as the record of the refusal names it.
        execution_id: whose history the refusal belongs to.
        read: reads the field; raises ``Invalid``.
        blank: returned to somebody without the scope, whom the command itself refuses, with its own words.
        scope: what the command needs; that of ``states.COMMAND_SCOPE`` where left out.

    Raises:
        Invalid: it cannot be read.
    """
    try:
        return read()
    except Invalid as refusal:
        if not actor.can(scope or states.COMMAND_SCOPE[command]):
            return blank
        record_refusal(actor, command, refusal, execution_id)
        raise


def read_json(text: str, field: str) -> Any:
    """Read JSON that somebody typed.

    Raises:
        Invalid: it is none; says where it goes wrong.
    """
    try:
        return json.loads(text)
    except RecursionError:
        problem = "Not JSON that can be read: nested too deeply."
    except ValueError as error:
        place = f", line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        problem = f"Not JSON{place}: {error.msg if isinstance(error, json.JSONDecodeError) else error}."
    raise Invalid(problem, errors={field: [problem]})


def read_object(request: HttpRequest, field: str) -> Any:
    """Read a field that holds JSON; an empty object where it is blank.

    Raises:
        Invalid: it is no JSON.
    """
    text = request.POST.get(field, "")
    return read_json(text, field) if text.strip() else {}


def read_amount(text: str) -> Any:
    """Read a number as people type it; what is none is left as it is, for the command to refuse."""
    try:
        number = float(text.strip().replace(",", ""))
    except ValueError:
        return text.strip()
    return int(number) if number.is_integer() else number


def read_number(text: str, field: str) -> int | None:
    """Read the choice of a list; None for its empty one.

    Raises:
        Invalid: no list offered it.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        problem = "Choose one of the list."
        raise Invalid(problem, errors={field: [problem]})
    return int(text)


def read_version(request: HttpRequest) -> int:
    """Read the version that the person saw; a missing or damaged one is like an old one."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def reach_of(request: HttpRequest) -> str:
    """Return whether a command is meant for the run alone or for its tree; forms ask only where there is a tree."""
    return request.POST.get("scope") or TREE
