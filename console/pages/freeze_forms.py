"""The forms of freezes: which runs, why, and how they are let go again."""

from typing import Any

from django import forms

from console.pages.label_field import LabelsField
from console.pages.pause_forms import PlaceForm
from console.pages.run_forms import CommandForm, ReasonField
from executions import states
from executions.actors import Actor
from executions.authoring import registry
from executions.commands.freeze import freeze_verdict

SELECTOR = ("workflow", "labels", "everything")


class SelectorForm(CommandForm):
    """Which runs."""

    workflow = forms.ChoiceField(required=False)
    labels = LabelsField(help_text="name=value, one a line or with commas between. A run must carry all of these.")
    everything = forms.BooleanField(required=False, label="Every run", help_text="Instead of a workflow or labels.")

    def __init__(self, data: Any = None, *args: Any, **options: Any) -> None:
        super().__init__(data, *args, **options)
        known = [(workflow.name, workflow.title) for workflow in registry.all_workflows()]
        # A name that this installation does not know yet may be frozen as well; the preview points it out.
        given = str((data or options.get("initial") or {}).get("workflow", ""))[:200]
        if given and given not in dict(known):
            known.append((given, given))
        self.fields["workflow"].choices = [("", "Every workflow"), *known]  # type: ignore[attr-defined]


class FreezeForm(SelectorForm):
    """Place a freeze: the selector as it was looked at, and why."""

    more = ("reason_code", "ticket")

    reason = ReasonField(help_text="Whoever opens a frozen run reads it.")
    kind = forms.ChoiceField()
    review_by = PlaceForm.base_fields["review_by"]
    dual_control = forms.BooleanField(required=False, label="Dual control", help_text="Somebody else must lift it.")
    reason_code = forms.CharField(required=False, max_length=60)
    ticket = forms.CharField(required=False, max_length=500)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(states.OPERATOR, "Operator: whoever may freeze lifts it")]
        if freeze_verdict(actor, states.COMPLIANCE).allowed:
            choices.append((states.COMPLIANCE, "Compliance: only reviewers lift it"))
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]
        for name in SELECTOR:
            self.fields[name].widget = self.fields[name].hidden_widget()


class LiftForm(CommandForm):
    """Lift a freeze, at once or little by little."""

    reason = ReasonField(help_text="Why the runs may go on.")
    rate = forms.FloatField(
        required=False,
        label="Runs per second",
        help_text="All at once where empty. Those that waited longest go first; new ones are free.",
        widget=forms.NumberInput(attrs={"step": "any", "min": "0"}),
    )
