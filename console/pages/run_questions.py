"""A question as the page shows it: what is shown, the author's form, and what was typed into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest

from console.pages.base import add_errors
from console.pages.run_forms import CommandForm, ReasonField
from console.pages.run_offers import EventOffer
from console.pages.typed import read_json
from executions.authoring.tools import TOOL_FORM
from executions.authoring.who import Who
from executions.commands.answering import valid_votes
from executions.engine.notices import FOR_PEOPLE
from executions.errors import Refused
from executions.forms import form_of
from executions.models import Notification, RunFile, Suspension, Vote
from executions.states import Verdict

if TYPE_CHECKING:
    from console.pages.run_page import Attempt

PREFIX = "answer"
"""Keeps the author's fields apart from ours, whatever they are called."""


class CommentForm(CommandForm):
    """What may be said beside every answer."""

    comment = ReasonField("Comment", required=False, help_text="Kept in the history with the answer.")


class ObjectForm(forms.Form):
    """For a question without a form: any JSON object."""

    data = forms.CharField(
        label="Answer",
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "placeholder": "{}"}),
        help_text="A JSON object.",
    )


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question with its form.

    Args:
        asked: the question.
        step_title: which step asks.
        verdict: whether this person may answer it now, and if not, why.
        files: the present versions of the files that an answer can replace.
        form: the author's form; None where it cannot be found in this installation, or the question is closed.
        comment: our own field.
        trouble: why there is no form.
        refusal: why the last answer was refused, where no form can show it.
        typed: what was typed into a form that is gone: (field, text).
        events: the events that would answer it, each with the form that sends it.
    """

    asked: Suspension
    step_title: str
    verdict: Verdict
    files: tuple[RunFile, ...]
    form: forms.BaseForm | None = None
    comment: CommentForm | None = None
    trouble: str = ""
    refusal: Refused | None = None
    typed: tuple[tuple[str, str], ...] = ()
    events: tuple[EventOffer, ...] = ()

    @property
    def for_people(self) -> bool:
        """A person answers it, not an event, a time or a child."""
        return self.asked.kind in FOR_PEOPLE

    @property
    def who(self) -> str:
        """Whom it is put to; empty for everybody who may answer questions."""
        return Who.of_json(self.asked.who).sentence() if self.asked.who else ""

    @property
    def votes(self) -> list[tuple[Vote, bool]]:
        """Who has approved so far, and whether for what is shown now."""
        votes = list(self.asked.votes.all())
        valid = valid_votes(self.asked, votes)
        return [(vote, vote in valid) for vote in votes]

    @property
    def votes_say(self) -> str:
        """How many have approved of how many must, such as ``1 of 2 approvals``; empty where one answer closes it."""
        needed = Who.of_json(self.asked.who).approvals
        given = sum(valid for _, valid in self.votes)
        return f"{given} of {needed} approvals" if needed > 1 and self.asked.is_open else ""

    @property
    def at_deadline(self) -> str:
        """What happens when nobody answers in time."""
        return what_happens_at(self.asked)

    @property
    def failing(self) -> list[Notification]:
        """The messages about it that could not be delivered so far, or were given up."""
        return [message for message in self.asked.notifications.all() if message.status in ("failing", "given up")]

    @property
    def is_bare(self) -> bool:
        """There is nothing to fill in: the answer lets the run go on."""
        return self.form is not None and not self.form.fields

    @property
    def comment_is_folded(self) -> bool:
        """Our own field stands back where there is nothing to fill in, or the author asks for words already."""
        return self.form is not None and (self.is_bare or bool({"reason", "comment"} & set(self.form.fields)))

    @property
    def tool(self) -> dict[str, Any] | None:
        """The tool, its description and its arguments, where a tool call is to be allowed."""
        return self.asked.context if self.asked.form == TOOL_FORM else None

    @property
    def rows(self) -> list[tuple[str, Any]]:
        """The plain values of what is shown, for a table."""
        shown = self.asked.context if isinstance(self.asked.context, dict) else {}
        return [(name, value) for name, value in shown.items() if not isinstance(value, dict | list)]

    @property
    def tables(self) -> list[tuple[str, list[str], list[list[tuple[str, Any]]]]]:
        """The lists of flat objects in what is shown, as (name, columns, rows of columns and cells)."""
        return [(name, *_as_table(value)) for name, value in self._nested() if _is_flat(value)]

    @property
    def trees(self) -> list[tuple[str, Any]]:
        """Whatever else is shown."""
        return [(name, value) for name, value in self._nested() if not _is_flat(value)]

    def _nested(self) -> list[tuple[str, Any]]:
        shown = self.asked.context if isinstance(self.asked.context, dict) else {}
        return [(name, value) for name, value in shown.items() if isinstance(value, dict | list) and value]


def view_question(
    request: HttpRequest,
    asked: Suspension,
    newest: Mapping[str, RunFile],
    attempt: "Attempt | None",
    step_title: str,
    verdict: Verdict,
) -> QuestionView:
    """Prepare one question.

    Args:
        request: holds what was typed, where an answer was refused.
        asked: the question.
        newest: file name → version in use.
        attempt: the refused command of this request, if any.
        step_title: what people call the step that asks.
        verdict: whether this person may answer it now.
    """
    refusal = attempt.refusal if attempt and (attempt.command, attempt.key) == ("answer", str(asked.pk)) else None
    names = dict.fromkeys(newest if asked.shows_input else asked.replaces.values())
    files = tuple(newest[name] for name in names if name in newest)
    if not asked.is_open:
        typed = _typed(request) if refusal else ()
        return QuestionView(asked, step_title, verdict, files, refusal=refusal, typed=typed)
    name = f"answer_{asked.pk}"
    if not verdict.allowed:
        return QuestionView(asked, step_title, verdict, files, refusal=refusal)
    try:
        form = answer_form(asked, request if refusal else None)
    except LookupError as error:
        return QuestionView(asked, step_title, verdict, files, trouble=str(error), refusal=refusal)
    comment = CommentForm(request.POST if refusal else None, name=name)
    if refusal is not None:
        about_comment = set(refusal.errors) <= set(comment.fields) and bool(refusal.errors)
        add_errors(comment if about_comment else form, refusal)
    return QuestionView(asked, step_title, verdict, files, form, comment)


def answer_form(asked: Suspension, typed_in: HttpRequest | None = None) -> forms.BaseForm:
    """Return the author's form, blank or bound to what was sent.

    Raises:
        LookupError: this installation does not have it any more.
    """
    form_class = form_of(asked) or ObjectForm
    data = (typed_in.POST, typed_in.FILES) if typed_in else (None, None)
    return form_class(*data, prefix=PREFIX, auto_id=f"id_answer_{asked.pk}_%s", use_required_attribute=False)


def read_answer(request: HttpRequest, asked: Suspension) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    """Read an answer out of a sent form, as the command takes it; the command checks it.

    Returns:
        The fields as JSON values, and field → name and bytes of each upload.

    Raises:
        Invalid: the question has no form, and what was typed is no JSON.
        LookupError: its form cannot be found.
    """
    form = answer_form(asked, request)
    if isinstance(form, ObjectForm):
        return read_json(request.POST.get(form.add_prefix("data"), ""), "data"), {}
    data: dict[str, Any] = {}
    uploads: dict[str, tuple[str, bytes]] = {}
    for name, field in form.fields.items():
        value = field.widget.value_from_datadict(request.POST, request.FILES, form.add_prefix(name))
        if isinstance(field, forms.FileField):
            if value:
                uploads[name] = (value.name, _bounded(value))
        elif value is not None:
            data[name] = value
    return data, uploads


def _bounded(upload: Any) -> bytes:
    """Read no more than is needed to see that a file is too large."""
    from django.conf import settings

    content: bytes = upload.read(settings.HOLDPOINT["MAX_FILE_BYTES"] + 1)
    return content


def what_happens_at(asked: Suspension) -> str:
    """Say what happens at the deadline of a question that nobody has answered."""
    if asked.on_deadline == "default":
        answer = asked.default_answer if isinstance(asked.default_answer, dict) else {}
        said = ", ".join(f"{name}: {value}" for name, value in answer.items() if value not in (None, ""))
        return f"then it is answered with {said or 'its default'}"
    if asked.on_deadline == "escalate" and asked.escalated_at is None and asked.escalate:
        return f"then it is put to: {Who.of_json(asked.escalate['who']).sentence().rstrip('.')}"
    return "then the run is cancelled" if asked.on_deadline == "cancel" else "then it expires"


def _typed(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    texts = [(name, text) for name, text in request.POST.items() if name.startswith(PREFIX) or name == "comment"]
    return tuple((name.removeprefix(f"{PREFIX}-"), str(text)[:4000]) for name, text in texts if text)


def _is_flat(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(row, dict) and row and not any(isinstance(cell, dict | list) for cell in row.values())
        for row in value
    )


def _as_table(rows: list[dict[str, Any]]) -> tuple[list[str], list[list[tuple[str, Any]]]]:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return columns, [[(name, row.get(name, "")) for name in columns] for row in rows]
