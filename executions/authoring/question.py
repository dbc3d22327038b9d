"""From what an author writes to a question: defaults filled in, and combinations that make no sense refused at once."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from executions.authoring.flow import Question
from executions.authoring.who import Who

APPROVAL_FORM = "executions.approvals:ApprovalForm"
"""By its path, because forms need Django's settings and authors' modules are imported before those are ready."""

FORMATS = ("form", "text", "yes-no", "choice", "json")
SIMPLE_FORMATS = ("text", "yes-no", "choice")
"""Answered with one value, under the name ``answer``."""
URGENCIES = ("low", "normal", "high")
ON_DEADLINE = ("fail", "default", "escalate", "cancel")
SOONEST = {"deadline": timedelta(0), "escalate_after": timedelta(seconds=1), "remind": timedelta(seconds=1)}
LATEST = timedelta(days=3650)

type Choices = Mapping[str, str] | Iterable[str | tuple[str, str]]
"""Values; or values with their labels, as pairs or a mapping."""


def make_question(
    key: str,
    *,
    title: str,
    prompt: str = "",
    form: type[Any] | str | None = None,
    format: str | None = None,
    choices: Choices | None = None,
    context: Mapping[str, Any] | None = None,
    urgency: str = "normal",
    replaces: Mapping[str, str] | None = None,
    who: Who | None = None,
    deadline: timedelta | None = None,
    on_deadline: str = "fail",
    default: Any = None,
    escalate_to: Who | None = None,
    escalate_after: timedelta | None = None,
    remind: timedelta | None = None,
    kind: str = "input",
) -> Question:
    """Make a question out of an author's arguments.

    Args:
        key: unique in the step.
        title: the question in a few words.
        prompt: what to consider.
        form: a Django form class, or its path; an approval has one of its own where None.
        format: ``text``, ``yes-no``, ``choice`` or ``json`` where there is no form; any JSON object where None.
        choices: for ``choice``: the values, with labels where these differ.
        context: what the person is shown; JSON.
        urgency: ``low``, ``normal`` or ``high``.
        replaces: file field of the form → name of the run's file that an upload there replaces.
        who: whom it is put to; everybody who may answer questions where None.
        deadline: how long it stays open, counted from when it is asked; for ever where None.
        on_deadline: ``fail``, ``default``, ``escalate`` or ``cancel``.
        default: the answer taken at the deadline, for ``default``; a bare value where the format has one value.
        escalate_to: whom it is put to at the deadline, for ``escalate``.
        escalate_after: how long those have; as long as ``deadline`` where None.
        remind: how often to remind of it.
        kind: ``input`` or ``approval``.

    Returns:
        The question. ``default`` is checked by the form only when it is asked, see ``checked_default``.

    Raises:
        ValueError: an argument that makes no sense; the message names it.
    """
    asked = f"Question {key!r}"
    if not isinstance(title, str) or not title.strip():
        raise ValueError(f"{asked}: title must say what is asked.")
    _one_of(asked, "urgency", urgency, URGENCIES)
    _one_of(asked, "on_deadline", on_deadline, ON_DEADLINE)
    if kind == "approval":
        form = form or APPROVAL_FORM
    path = form if isinstance(form, str) or form is None else path_of(form)
    shape = format or ("form" if path else "json")
    _one_of(asked, "format", shape, FORMATS)
    if path and shape != "form":
        raise ValueError(f"{asked}: format is {shape!r} and a form is given; leave one of them out.")
    if shape == "form" and not path:
        raise ValueError(f"{asked}: format is 'form'; give the form.")
    if replaces and shape in SIMPLE_FORMATS:
        raise ValueError(f"{asked}: replaces names file fields, and the format {shape!r} has none.")
    _check_who(asked, kind, who, escalate_to)
    for name, length in (("deadline", deadline), ("escalate_after", escalate_after), ("remind", remind)):
        _check_length(asked, name, length)
    _check_deadline(asked, deadline, on_deadline, default, escalate_to, escalate_after)
    escalate = None
    if escalate_to is not None and deadline is not None:
        escalate = {
            "who": escalate_to.as_json(),
            "seconds": max(round((escalate_after or deadline).total_seconds()), 1),
        }
    return Question(
        key=str(key),
        title=title,
        prompt=prompt,
        form=path,
        context=dict(context or {}),
        urgency=urgency,
        replaces=dict(replaces or {}),
        kind=kind,
        format=shape,
        choices=_pairs(asked, shape, choices),
        who=None if who is None else who.as_json(),
        deadline=deadline,
        on_deadline=on_deadline,
        default=_as_answer(asked, shape, default),
        escalate=escalate,
        remind=remind,
    )


def checked_default(question: Question) -> Question:
    """Return the question with its default answer as the form cleans it; called when it is asked.

    Raises:
        ValueError: the form refuses the default answer; says which field and why.
    """
    if question.default is None:
        return question
    # Here, because forms and what checks them need Django's settings and apps.
    from executions.errors import Refused
    from executions.forms import clean_default

    try:
        return replace(question, default=clean_default(question))
    except Refused as refusal:
        raise ValueError(f"Question {question.key!r}: default is no valid answer. {refusal.detail}") from refusal


def path_of(form: type[Any]) -> str:
    """Return the path under which a form is stored and found again.

    Raises:
        ValueError: it is defined inside a function, where no page can find it.
    """
    if "<locals>" in form.__qualname__:
        raise ValueError(
            f"The form {form.__qualname__} is defined inside a function, where the page that shows the question cannot "
            "find it. Define it at the top level of a module."
        )
    return f"{form.__module__}:{form.__qualname__}"


def _one_of(asked: str, name: str, value: Any, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{asked}: {name} must be one of {', '.join(known)}, not {value!r}.")


def _check_who(asked: str, kind: str, who: Who | None, escalate_to: Who | None) -> None:
    for name, given in (("who", who), ("escalate_to", escalate_to)):
        if given is not None and not isinstance(given, Who):
            raise ValueError(f"{asked}: {name} must be a Who, not {given!r}.")
        if given is not None and given.approvals > 1 and kind != "approval":
            raise ValueError(
                f"{asked}: {name} asks for {given.approvals} approvals; only an approval can have several."
            )


def _check_length(asked: str, name: str, length: timedelta | None) -> None:
    soonest = SOONEST[name]
    if length is not None and (not isinstance(length, timedelta) or not soonest <= length <= LATEST):
        least = f"{soonest.total_seconds():g} s"
        raise ValueError(f"{asked}: {name} must be a timedelta from {least} to ten years, not {length!r}.")


def _check_deadline(
    asked: str,
    deadline: timedelta | None,
    on_deadline: str,
    default: Any,
    escalate_to: Who | None,
    escalate_after: timedelta | None,
) -> None:
    if on_deadline != "fail" and deadline is None:
        raise ValueError(f"{asked}: on_deadline is {on_deadline!r}; give the deadline.")
    if (on_deadline == "default") != (default is not None):
        raise ValueError(f"{asked}: default and on_deadline='default' go together; give both or neither.")
    if (on_deadline == "escalate") != (escalate_to is not None):
        raise ValueError(f"{asked}: escalate_to and on_deadline='escalate' go together; give both or neither.")
    if escalate_after is not None and escalate_to is None:
        raise ValueError(f"{asked}: escalate_after is given without escalate_to.")


def _pairs(asked: str, shape: str, choices: Choices | None) -> tuple[tuple[str, str], ...]:
    if (shape == "choice") != (choices is not None):
        raise ValueError(f"{asked}: choices and format='choice' go together; give both or neither.")
    if choices is None:
        return ()
    given = choices.items() if isinstance(choices, Mapping) else choices
    pairs = [(item, item) if isinstance(item, str) else item for item in given]
    if isinstance(choices, str) or not all(_is_pair(pair) for pair in pairs):
        raise ValueError(f"{asked}: choices must be texts, or pairs of a text and its label, not {choices!r}.")
    values = [pair[0] for pair in pairs]
    if not values or "" in values or len(set(values)) != len(values):
        raise ValueError(f"{asked}: choices must name at least one value, none blank and none twice.")
    return tuple((value, label) for value, label in pairs)


def _is_pair(item: Any) -> bool:
    return isinstance(item, tuple | list) and len(item) == 2 and all(isinstance(text, str) for text in item)


def _as_answer(asked: str, shape: str, default: Any) -> dict[str, Any] | None:
    if default is None or isinstance(default, Mapping):
        return None if default is None else dict(default)
    if shape in SIMPLE_FORMATS:
        return {"answer": default}
    raise ValueError(f"{asked}: default must be a dict of the form's fields, not {default!r}.")
