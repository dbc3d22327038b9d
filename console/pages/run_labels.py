"""Setting and removing labels of a run, from its page."""

import uuid

from django import forms
from django.http import HttpRequest

from console.pages.base import command_view
from console.pages.commands import Done, page_of
from console.pages.execution import showing
from console.pages.label_field import LabelsField
from console.pages.label_form import RULED
from console.pages.typed import read_or_refuse, read_version, reason_of
from executions import commands, queries
from executions.actors import Actor
from executions.errors import Invalid


@command_view(showing("label"))
def label(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Set and remove labels."""
    wanted = read_or_refuse(actor, "label", execution_id, lambda: read_labels(request), {})
    carried = queries.find(execution_id).labels
    commands.label(
        actor,
        execution_id,
        reason=reason_of(request),
        set={name: value for name, value in wanted.items() if carried.get(name) != value},
        remove=[name for name in carried if name not in wanted],
        # The form sends the labels as they should be, so it must have been made from those that there are.
        version=read_version(request),
    )
    return page_of(execution_id), "Labels changed."


def read_labels(request: HttpRequest) -> dict[str, str]:
    """Read the labels as they should be.

    Raises:
        Invalid: a line is no label.
    """
    try:
        labels: dict[str, str] = LabelsField(help_text="").clean(request.POST.get("labels", ""))
    except forms.ValidationError as error:
        raise Invalid(error.messages[0], errors={"labels": list(error.messages)}) from error
    for name, value in request.POST.items():
        if name.startswith(RULED) and str(value).strip():
            labels[name.removeprefix(RULED)] = str(value).strip()
    return labels
