"""The forms that steer a run along its route: retry, skip, fork; and the one that hands a hold over."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from console.pages.run_forms import CommandForm, ReasonField

Choices = Iterable[tuple[str, str]]


class RetryForm(CommandForm):
    """Take a run up again, at the step that failed or at one that ran before.

    Args:
        places: position → what it is called; the empty one is the step that failed.
        not_anew: why nothing may be done again; empty where it may.
    """

    place = forms.ChoiceField(
        label="From",
        required=False,
        help_text="What steps changed from there on is dropped. What people corrected stays.",
        error_messages={"invalid_choice": "Choose one of the steps that the run has come to."},
    )
    again = forms.BooleanField(
        label="Do all of it again",
        required=False,
        help_text="Does again what these steps have recorded, such as payments and letters, and asks again what was "
        "answered. Otherwise nothing on record is done or asked twice.",
    )
    reason = ReasonField(help_text="Why it should work now.")

    def __init__(self, *args: Any, places: Choices, not_anew: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["place"].choices = list(places)  # type: ignore[attr-defined]
        if not_anew:
            self.fields["again"].disabled = True
            self.fields["again"].help_text = f"Not possible now. {not_anew}"


class SkipForm(CommandForm):
    """Pass the next step without running it.

    Args:
        step: name of the step that is next; the form carries it, so that no other one is skipped.
        may_state: whether this person may write the payload, and so state a result.
    """

    step = forms.CharField(widget=forms.HiddenInput, required=False)
    result = forms.CharField(
        label="Result",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "mono", "placeholder": '{"field": 1}'}),
        help_text="A JSON object, merged into the payload as if the step had returned it.",
    )
    reason = ReasonField()

    def __init__(self, data: Any = None, *args: Any, step: str, may_state: bool, **options: Any) -> None:
        if data is not None:
            # The refusal says that another step is next; from here on the person has seen which.
            data = data.copy()
            data["step"] = step
        super().__init__(data, *args, initial={"step": step}, **options)
        if not may_state:
            self.fields["result"].help_text = "To state one you need the scope executions:amend. Leave it blank."
            if data is None:
                del self.fields["result"]


class ForkForm(CommandForm):
    """Launch another run from a boundary of this one.

    Args:
        lines: number of the line → what ended there; the empty one is how the run stands now.
    """

    from_seq = forms.ChoiceField(
        label="From",
        required=False,
        help_text="Payload, route and files are as they were then.",
        error_messages={"invalid_choice": "Choose one of the boundaries of this run."},
    )
    title = forms.CharField(label="Title", required=False, help_text="What the new run is called.")
    reason = ReasonField(help_text="What the new run is for.")

    def __init__(self, *args: Any, lines: Choices, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["from_seq"].choices = list(lines)  # type: ignore[attr-defined]


class OfferingInput(forms.TextInput):
    """A field for a text with a list of usual ones below it, which the browser offers without any script.

    Attributes:
        offered: the list; the field of a form is a copy of its own.
    """

    offered: Sequence[str] = ()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Render the field and its list."""
        if not self.offered:
            return super().render(name, value, attrs, renderer)
        names = f"{(attrs or {}).get('id', name)}_offered"
        field = super().render(name, value, {**(attrs or {}), "list": names}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((each,) for each in self.offered))
        return format_html('{}<datalist id="{}">{}</datalist>', field, names, options)


class HandOverForm(CommandForm):
    """Make another person responsible for a hold.

    Args:
        people: user names of those who may have it.
    """

    to = forms.CharField(
        label="To",
        help_text="Somebody who may release this kind of hold.",
        widget=OfferingInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Name the person."},
    )
    reason = ReasonField()

    def __init__(self, *args: Any, people: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["to"].widget.offered = people  # type: ignore[attr-defined]
