"""Labels as people type them: ``name=value``, one a line or with commas between."""

from typing import Any

from django import forms


class LabelsField(forms.CharField):
    """Labels by name. How long and how many they may be is judged by the command.

    Args:
        help_text: what they are for.
    """

    def __init__(self, *, help_text: str) -> None:
        super().__init__(
            required=False,
            max_length=6000,
            widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
            help_text=help_text,
        )

    def clean(self, value: Any) -> Any:
        """Return the labels as a dict."""
        labels: dict[str, str] = {}
        for part in str(super().clean(value)).replace(",", "\n").splitlines():
            name, _, text = part.partition("=")
            name = name.strip()
            if not name:
                if text.strip():
                    raise forms.ValidationError(f"“{part.strip()[:60]}” has a value and no name.")
                continue
            if name in labels:
                raise forms.ValidationError(f"“{name[:60]}” is given twice.")
            labels[name] = text.strip()
        return labels
