"""The forms of the execution page. They show and keep what is typed; the commands judge it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from console.pages.typed import PICKED, picked
from executions.models import ReasonTemplate

BUDGET = "budget-"
"""Begins the names of fields that take more of a budget."""
SAY_WHY = "Say why. It is kept in the history."


class ReasonWidget(forms.Textarea):
    """A field for sentences, with templates beside it. Without a script, a chosen one counts where nothing is typed.

    Attributes:
        templates: what is offered; the field of a form is a copy of its own, so that forms do not share them.
    """

    templates: Sequence[ReasonTemplate] = ()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Render the field and, where there are templates, the list of them."""
        area = super().render(name, value, attrs, renderer)
        if not self.templates:
            return area
        told = {"area": area, "name": f"{name}{PICKED}", "fills": (attrs or {}).get("id", "")}
        return render_to_string("components/reason.html", {**told, "templates": self.templates})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return what was typed, else the template that was chosen."""
        return picked(data, name)


class ReasonField(forms.CharField):
    """Why somebody does something. How long it may be is the command's business."""

    def __init__(self, label: str = "Reason", *, required: bool = True, help_text: str = "") -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            widget=ReasonWidget(attrs={"rows": 2}),
            error_messages={"required": SAY_WHY},
        )


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields of a form that stand folded under a title of their own.

    Args:
        title: what it is about.
        fields: in their order.
        is_open: something was typed there, or is wrong there.
    """

    title: str
    fields: list[forms.BoundField]
    is_open: bool


class CommandForm(forms.Form):
    """A form whose rarer fields stand folded below the others.

    Args:
        name: part of its fields' ids, so that many forms can share a page.
        reasons: templates that its fields for reasons offer.
    """

    more: tuple[str, ...] = ()
    """Fields under "More"."""
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Title and fields of each group that is folded by itself."""

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        name: str,
        reasons: Sequence[ReasonTemplate] = (),
        **options: Any,
    ) -> None:
        # Without `required` attributes the browser sends a blank reason, and the server's own words answer it.
        super().__init__(data, files, auto_id=f"id_{name}_%s", use_required_attribute=False, **options)
        for field in self.fields.values():
            if isinstance(field.widget, ReasonWidget):
                field.widget.templates = reasons

    def main_fields(self) -> list[forms.BoundField]:
        """The fields that are always shown."""
        folded = {*self.more, *(name for _, names in self.groups for name in names)}
        return [self[name] for name in self.fields if name not in folded]

    def more_fields(self) -> list[forms.BoundField]:
        """The fields under "More"."""
        return [self[name] for name in self.more if name in self.fields]

    def more_is_open(self) -> bool:
        """Something was typed there, or is wrong there."""
        return self._is_used(self.more)

    def folded_groups(self) -> list[FieldGroup]:
        """The groups that have fields."""
        present = [(title, [name for name in names if name in self.fields]) for title, names in self.groups]
        return [
            FieldGroup(title, [self[name] for name in names], self._is_used(names)) for title, names in present if names
        ]

    def _is_used(self, names: Iterable[str]) -> bool:
        return self.is_bound and any(self[name].errors or self[name].value() for name in names)


class ReachForm(CommandForm):
    """A form for a command whose scope can be a tree; it asks only where there is a tree.

    Args:
        unfinished: how many runs below this one have not finished.
    """

    field_order = ("reason",)

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


class ResumeForm(CommandForm):
    """Resume a run."""

    note = ReasonField("Note", required=False, help_text="What was found or done meanwhile.")


class CancelForm(ReachForm):
    """Cancel a run.

    Args:
        kept: why the runs below it cannot be cancelled as well; empty where they can.
    """

    reason = ReasonField()

    def __init__(self, *args: Any, kept: str, **options: Any) -> None:
        super().__init__(*args, **options)
        if kept and "scope" in self.fields:
            self.fields["scope"].choices = [("this", "This run alone")]  # type: ignore[attr-defined]
            self.fields["scope"].help_text = kept


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


class StopForm(CommandForm):
    """Set a breakpoint from the step it stands before."""

    reason = ReasonField(help_text="Whoever opens this run reads it.")


class NoteForm(CommandForm):
    """Add a note to a hold."""

    text = ReasonField("Note")
    text.error_messages["required"] = "Write the note first."


class ReleaseForm(CommandForm):
    """Release one hold."""

    reason = ReasonField(help_text="Why the run may go on.")


class EventForm(CommandForm):
    """An event of a certain name, with data that what waits for it asks for."""

    data = forms.CharField(
        label="Data",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "mono"}),
        help_text="A JSON object.",
    )
