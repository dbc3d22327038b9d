"""The form that replaces a file of a run; its choice carries the version that was seen."""

from collections.abc import Iterable
from typing import Any

from django import forms

from console.pages.run_forms import CommandForm, ReasonField
from executions.errors import Invalid
from executions.queries import FileHistory


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
