"""The forms of the execution page. They show and keep what is typed; the commands judge it."""

from collections.abc import Iterable
from typing import Any

from django import forms

from executions.errors import Invalid
from executions.queries import FileHistory

BUDGET = "budget-"
"""Begins the names of fields that take more of a budget."""
SAY_WHY = "Say why. It is kept in the history."


class ReasonField(forms.CharField):
    """Why somebody does something. How long it may be is the command's business."""

    def __init__(self, label: str = "Reason", *, required: bool = True, help_text: str = "") -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            widget=forms.Textarea(attrs={"rows": 2}),
            error_messages={"required": SAY_WHY},
        )


class CommandForm(forms.Form):
    """A form whose rarer fields stand under "More".

    Args:
        name: part of its fields' ids, so that many forms can share a page.
    """

    more: tuple[str, ...] = ()

    def __init__(self, data: Any = None, files: Any = None, *, name: str, **options: Any) -> None:
        # Without `required` attributes the browser sends a blank reason, and the server's own words answer it.
        super().__init__(data, files, auto_id=f"id_{name}_%s", use_required_attribute=False, **options)

    def main_fields(self) -> list[forms.BoundField]:
        """The fields that are always shown."""
        return [self[name] for name in self.fields if name not in self.more]

    def more_fields(self) -> list[forms.BoundField]:
        """The fields under "More"."""
        return [self[name] for name in self.more]

    def more_is_open(self) -> bool:
        """Something was typed there, or is wrong there."""
        return self.is_bound and any(self[name].errors or self[name].value() for name in self.more)


class ReachForm(CommandForm):
    """A form for a command whose scope can be a tree; it asks only where there is a tree.

    Args:
        unfinished: how many runs below this one have not finished.
    """

    scope = forms.ChoiceField(label="Reach", required=False)

    def __init__(self, *args: Any, unfinished: int, **options: Any) -> None:
        super().__init__(*args, **options)
        if unfinished == 0:
            del self.fields["scope"]
            return
        below = "the unfinished run" if unfinished == 1 else f"the {unfinished:,} unfinished runs"
        self.fields["scope"].choices = [  # type: ignore[attr-defined]
            ("tree", f"This run and {below} below it"),
            ("this", "This run alone"),
        ]


class PauseForm(ReachForm):
    """Pause a run, at its next boundary or before a certain step."""

    more = ("before_step", "resume_at", "resume_event", "resume_match", "reason_code", "ticket")

    reason = ReasonField(help_text="Whoever opens this run reads it.")
    before_step = forms.ChoiceField(label="Where", required=False)
    resume_at = forms.CharField(
        label="Resume by itself at",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text="In the time zone of this page. A person may resume it before.",
    )
    resume_event = forms.CharField(
        label="Resume by itself on the event",
        required=False,
        widget=forms.TextInput(attrs={"class": "mono", "placeholder": "order.shipped", "autocomplete": "off"}),
        help_text="When a program sends an event of this name.",
    )
    resume_match = forms.CharField(
        label="whose data contain",
        required=False,
        widget=forms.TextInput(attrs={"class": "mono", "placeholder": '{"order": 7}', "autocomplete": "off"}),
        help_text="A JSON object; any event of that name where blank.",
    )
    reason_code = forms.CharField(
        label="Reason code",
        required=False,
        widget=forms.TextInput(attrs={"list": "reason-codes", "autocomplete": "off"}),
        help_text="A word for statistics.",
    )
    ticket = forms.CharField(label="Ticket", required=False, help_text="Link or number of the case elsewhere.")

    def __init__(self, *args: Any, steps: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        before = [(name, f"Only before step: {title}") for name, title in steps]
        self.fields["before_step"].choices = [("", "At once: no further step starts"), *before]  # type: ignore[attr-defined]


class ResumeForm(CommandForm):
    """Resume a run."""

    note = ReasonField("Note", required=False, help_text="What was found or done meanwhile.")


class CancelForm(ReachForm):
    """Cancel a run."""

    reason = ReasonField()


class PlaceForm(ReachForm):
    """Place a compliance hold."""

    more = ("reason_code", "ticket", "review_by", "blocks_cancel", "dual_control")

    reason = ReasonField()
    reason_code = PauseForm.base_fields["reason_code"]
    ticket = PauseForm.base_fields["ticket"]
    review_by = forms.DateTimeField(
        label="Review by",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="When somebody must look at it again, in the time zone of this page.",
    )
    blocks_cancel = forms.BooleanField(label="Forbid cancelling too", required=False)
    dual_control = forms.BooleanField(
        label="Dual control", required=False, help_text="Another person than you must release it."
    )


class ExtendForm(CommandForm):
    """Give a run more time, or let it spend more.

    Args:
        has_sla: the run has a clock to extend.
        budgets: names of its budgets.
    """

    reason = ReasonField()

    def __init__(self, *args: Any, has_sla: bool, budgets: Iterable[str], **options: Any) -> None:
        super().__init__(*args, **options)
        reason = self.fields.pop("reason")
        if has_sla:
            self.fields["seconds"] = forms.CharField(
                label="Minutes more",
                required=False,
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
                help_text="An SLA that is spent already counts from now on.",
            )
        for name in budgets:
            self.fields[f"{BUDGET}{name}"] = forms.CharField(
                label=f"{name.capitalize()} more",
                required=False,
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )
        self.fields["reason"] = reason


class AmendForm(CommandForm):
    """Change top-level fields of the payload."""

    changes = forms.CharField(
        label="Changes",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "mono", "placeholder": '{"field": 1}'}),
        help_text="A JSON object: field → new value. Other fields stay as they are.",
        error_messages={"required": "Name at least one field to change."},
    )
    reason = ReasonField()


class NoteForm(CommandForm):
    """Add a note to a hold."""

    text = ReasonField("Note")
    text.error_messages["required"] = "Write the note first."


class ReleaseForm(CommandForm):
    """Release one hold."""

    reason = ReasonField(help_text="Why the run may go on.")


class ReplaceForm(CommandForm):
    """Replace a file of the run. The choice carries the version that was seen, so that no later one is overwritten.

    Args:
        histories: the run's files.
        chosen: name of the file chosen already.
    """

    seen = forms.ChoiceField(label="File to replace", error_messages={"required": "Choose the file to replace."})
    file = forms.FileField(label="New version", error_messages={"required": "Choose a file."})
    reason = ReasonField()

    def __init__(
        self, data: Any = None, files: Any = None, *, histories: Iterable[FileHistory], chosen: str = "", **options: Any
    ) -> None:
        present = {each.name: seen_version(each.name, each.newest.version) for each in histories}
        if data is not None:
            # The refusal says what has changed; from here on the person has seen the version that lies there now.
            data = data.copy()
            _, _, name = data.get("seen", "").partition(":")
            data["seen"] = present.get(name, "")
        super().__init__(data, files, initial={"seen": present.get(chosen, "")}, **options)
        self.fields["seen"].choices = [  # type: ignore[attr-defined]
            ("", "Choose…"),
            *((seen, name) for name, seen in present.items()),
        ]


def seen_version(name: str, version: int) -> str:
    """Return the choice that stands for a version of a file."""
    return f"{version}:{name}"


def read_seen(text: str) -> tuple[str, int]:
    """Read back what ``seen_version`` wrote.

    Raises:
        Invalid: nothing was chosen, or nothing this page offered.
    """
    version, _, name = text.partition(":")
    if not (version.isascii() and version.isdigit() and len(version) < 9 and name):
        problem = "Choose the file to replace."
        raise Invalid(problem, errors={"seen": [problem]})
    return name, int(version)
