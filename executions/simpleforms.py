"""The forms of questions that take one value: free text, yes or no, one of several."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

LONGEST_TEXT = 10_000
YES_NO = (("yes", "Yes"), ("no", "No"))


class YesNoField(forms.ChoiceField):
    """Yes or no, where no is an answer and nothing is none. Takes true and false, as JSON has them, and yes and no."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=YES_NO, widget=forms.RadioSelect, **kwargs)

    def to_python(self, value: Any) -> str:
        """Read what a program or a page sent."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        text = str(super().to_python(value)).strip().lower()
        return {"true": "yes", "false": "no"}.get(text, text)

    def clean(self, value: Any) -> Any:
        """Return True or False."""
        return super().clean(value) == "yes"


class TextField(forms.CharField):
    """A text, and nothing that could be turned into one."""

    def to_python(self, value: Any) -> str | None:
        """Refuse what is no text.

        Raises:
            ValidationError: it is a number, a list or the like.
        """
        if value is not None and not isinstance(value, str):
            raise forms.ValidationError("Write a text.")
        return super().to_python(value)


class TextForm(forms.Form):
    """Free text."""

    answer = TextField(max_length=LONGEST_TEXT, label="Answer", widget=forms.Textarea(attrs={"rows": 3}))


class YesNoForm(forms.Form):
    """Yes or no."""

    answer = YesNoField(label="Answer")


def choice_form(choices: Iterable[Sequence[str]]) -> type[forms.Form]:
    """Make the form for one of several values.

    Args:
        choices: pairs of value and label.
    """
    pairs = [(value, label) for value, label in choices]
    field = forms.ChoiceField(choices=pairs, label="Answer", widget=forms.RadioSelect)
    return type("ChoiceForm", (forms.Form,), {"answer": field, "__module__": __name__})


def simple_form(format: str, choices: Iterable[Sequence[str]] | None) -> type[forms.Form] | None:
    """Return the form of a question that takes one value; None for every other format.

    Args:
        format: as ``Question.format``.
        choices: pairs of value and label, for ``choice``.
    """
    if format == "text":
        return TextForm
    if format == "yes-no":
        return YesNoForm
    return choice_form(choices or ()) if format == "choice" else None
