"""The form that begins a bulk job, and how a page says which runs are meant."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict

from console.pages.label_field import LabelsField
from console.pages.list_address import FILTERS, SHOWN, read_filter
from console.pages.pause_forms import PlaceForm
from console.pages.run_forms import CommandForm, ReasonField
from console.pages.typed import PICKED
from executions.commands.in_bulk import ACTS
from executions.errors import Invalid
from executions.queries.selection import Selection, read_ids

MORE = ("ticket", "reason_code", "review_by", "blocks_cancel", "dual_control")
LABELS = ("set", "remove")
OF_LIST = (*FILTERS, *SHOWN, "view")
"""What the list's own query can say."""
FIXED = ("of_job", "placed_by")
"""Arguments that belong to the choice of the runs, not to the form."""


@dataclass(frozen=True, slots=True)
class Given:
    """What was typed, as the command takes it."""

    rate: float | None
    expected: int | None
    key: uuid.UUID | None
    arguments: dict[str, Any] = field(default_factory=dict)


class BeginForm(CommandForm):
    """Why, how fast, and what else the command takes.

    Args:
        command: its name; an unknown one has no fields of its own.
    """

    reason = ReasonField(help_text="Kept in the history of every run.")
    rate = forms.FloatField(
        required=False,
        label="Runs per second",
        error_messages={"invalid": "A number, such as 5 or 0.5."},
        widget=forms.NumberInput(attrs={"step": "any", "min": "0", "placeholder": "at once", "class": "is-short"}),
    )
    set = LabelsField(help_text="name=value, one a line or with commas between.")
    remove = forms.CharField(required=False, max_length=2000, help_text="Names of labels, with commas between.")
    reason_code = PlaceForm.base_fields["reason_code"]
    ticket = PlaceForm.base_fields["ticket"]
    review_by = PlaceForm.base_fields["review_by"]
    blocks_cancel = PlaceForm.base_fields["blocks_cancel"]
    dual_control = PlaceForm.base_fields["dual_control"]
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    expected = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, command: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        takes = ACTS[command].takes if command in ACTS else {}
        self.more = tuple(name for name in MORE if name in takes)
        for name in (*MORE, *LABELS):
            if name not in takes:
                del self.fields[name]
        if command in ACTS and not ACTS[command].why:
            self.fields["reason"].required = False
            self.fields["reason"].label = "Note"

    def fixed(self, sent: QueryDict) -> dict[str, str]:
        """Return the arguments that came with the choice of the runs."""
        given = {name: sent.get(name, "") for name in FIXED}
        if sent.get("command") == "release" and sent.get("job") and not any(given.values()):
            given["of_job"] = sent.get("job", "")
        return {name: value for name, value in given.items() if value}

    def given(self) -> Given:
        """Return what was typed; the reason and the rules are the command's.

        Raises:
            Invalid: something cannot be read.
        """
        self.is_valid()
        wrong = {name: [str(t) for t in texts] for name, texts in self.errors.items() if name != "reason"}
        if wrong:
            raise Invalid(next(iter(wrong.values()))[0], errors=wrong)
        cleaned = self.cleaned_data
        arguments: dict[str, Any] = {name: cleaned[name] for name in (*self.more, *LABELS) if cleaned.get(name)}
        if "remove" in arguments:
            arguments["remove"] = [name.strip() for name in arguments["remove"].split(",") if name.strip()]
        return Given(
            cleaned["rate"],
            cleaned["expected"],
            cleaned["key"],
            {**arguments, **self.fixed(self.data)},  # type: ignore[arg-type]
        )


def read_selection(sent: QueryDict) -> Selection:
    """Read which runs are meant: ``run`` repeated, ``all`` with the list's own query as ``filter``, or ``job``.

    Raises:
        Invalid: nothing readable was chosen, or something is said that chooses nothing: more runs would be meant than
            whoever typed it thinks.
    """
    require_known(sent, KNOWN)
    if sent.get("all"):
        query = QueryDict(sent.get("filter", ""))
        require_known(query, OF_LIST)
        return Selection(wanted=read_filter(query))
    if sent.get("job"):
        (job,) = read_ids([sent["job"]])
        return Selection(job=job)
    ids = read_ids(sent.getlist("run"))
    if not ids:
        problem = "Choose runs first."
        raise Invalid(problem, errors={"run": [problem]})
    return Selection(ids=ids)


CHOOSING = ("command", "run", "all", "filter", "job", *FIXED)
KNOWN = (*CHOOSING, *BeginForm.base_fields, f"reason{PICKED}", "csrfmiddlewaretoken")
"""What the preview and the form that begins a job are sent."""


def require_known(sent: QueryDict, known: Sequence[str]) -> None:
    """Go on only if everything that is said is understood.

    Raises:
        Invalid: something is not; says what.
    """
    unknown = next((name for name in sent if name not in known), None)
    if unknown is not None:
        problem = f"{unknown[:40]!r} is not known here, so it would choose no runs. Check how it is written."
        raise Invalid(problem, errors={unknown[:40]: [problem]})
