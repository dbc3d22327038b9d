"""Launching a run: choose a workflow, fill in its form, add files. Nothing starts unless everything is right."""

import json
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from console.access import record_refusal
from console.pages.base import SeeOther, add_errors, command_view, page
from console.pages.label_field import LabelsField
from executions import commands
from executions.actors import Actor
from executions.authoring import registry
from executions.authoring.files import FileRules
from executions.authoring.stops import stops_of
from executions.authoring.workflow import Workflow
from executions.errors import Invalid, NotFound, Refused
from executions.provenance import to_json

INPUT_PREFIX = "input"
"""Keeps the workflow's own fields apart from ours, whatever an author calls them."""


class FilesInput(forms.FileInput):
    """A chooser for several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; how many there must be and what is in them is judged by the launch itself."""

    def __init__(self, rules: FileRules) -> None:
        most = f"up to {rules.most} files" if rules.most > 1 else "one file"
        attributes = {"accept": rules.suffix} if rules.suffix else {}
        # A part that is swapped after an error would lose what was chosen; the browser keeps this very element.
        super().__init__(
            label=rules.label,
            required=rules.least > 0,
            widget=FilesInput(attrs={**attributes, "hx-preserve": "true"}),
            help_text=f"{most[0].upper()}{most[1:]}, {filesizeformat(rules.limit())} each at most.",
            error_messages={"required": "Choose at least one file."},
        )

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Return the files; an empty one is named by the launch, not here."""
        given = [data] if isinstance(data, UploadedFile) else list(data or ())
        if self.required and not given:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return given


class LaunchForm(forms.Form):
    """What every launch takes, whatever the workflow."""

    title = forms.CharField(required=False, max_length=200, help_text="What people will call this run.")
    labels = LabelsField(
        help_text="name=value, one a line or with commas between. People search and filter by them.",
    )

    def __init__(self, workflow: Workflow, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].widget.attrs["placeholder"] = workflow.title
        if workflow.files is not None:
            self.fields["files"] = FilesField(workflow.files)
            self.order_fields(["files", "title", "labels"])


@page("executions:launch", what="launch")
def choose(request: HttpRequest) -> HttpResponse:
    """Lead to the workflows, where one chooses what to launch."""
    return redirect("workflows")


def launch(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show the launch form of a workflow, or launch it."""
    view = submit if request.method == "POST" else blank
    return view(request, name=name)


@page("executions:launch", what="launch")
def blank(request: HttpRequest, name: str) -> HttpResponse:
    """Show an empty launch form."""
    workflow = find_workflow(name)
    return show(request, workflow, LaunchForm(workflow), input_form(workflow))


def show_again(request: HttpRequest, *, name: str, refusal: Refused | None, said: str) -> HttpResponse:
    """Show the form with what was typed and what is wrong with it."""
    workflow = find_workflow(name)
    form = LaunchForm(workflow, request.POST, request.FILES)
    filled = input_form(workflow, request.POST)
    if refusal is not None:
        own = filled is not None and set(refusal.errors) & set(filled.fields)
        shown_already = not form.is_valid() or (filled is not None and not filled.is_valid())
        if own and filled is not None:
            add_errors(filled, refusal)
        elif not shown_already or refusal.code != "invalid":
            add_errors(form, refusal)
    return show(request, workflow, form, filled)


@command_view(show_again, sees="executions:launch")
def submit(request: HttpRequest, actor: Actor, name: str) -> HttpResponseBase:
    """Launch a run and go to its page."""
    workflow = find_workflow(name)
    form = LaunchForm(workflow, request.POST, request.FILES)
    filled = input_form(workflow, request.POST)
    if actor.can("executions:launch"):
        check(actor, form, filled)
    # Without the scope the command itself refuses, whatever was typed.
    run = commands.launch(
        actor,
        workflow.name,
        json.loads(to_json(filled.cleaned_data)) if filled is not None and filled.is_valid() else {},
        title=form.cleaned_data.get("title", "") if form.is_valid() else "",
        labels=form.cleaned_data.get("labels", {}) if form.is_valid() else {},
        files=contents(form.cleaned_data.get("files", []), workflow.files) if form.is_valid() else (),
    )
    url = f"{reverse('executions')}/{run.pk}"
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return SeeOther(url)


def check(actor: Actor, form: forms.Form, filled: forms.BaseForm | None) -> None:
    """Go on only if both forms are filled in well; the attempt is recorded otherwise.

    Raises:
        Invalid: the fields that are not.
    """
    wrong: dict[str, list[str]] = {}
    for each in (form, filled):
        if each is not None and not each.is_valid():
            wrong |= {name: [str(text) for text in texts] for name, texts in each.errors.items()}
    if wrong:
        refusal = Invalid(f"Not launched: {'; '.join(texts[0] for texts in wrong.values())}", errors=wrong)
        record_refusal(actor, "launch", refusal)
        raise refusal


def contents(files: list[UploadedFile], rules: FileRules | None) -> Iterator[tuple[str, bytes]]:
    """Read the uploads, none of them further than is needed to see that it is too large."""
    limit = rules.limit() if rules else 0
    for file in files:
        yield file.name or "", file.read(limit + 1)


def show(request: HttpRequest, workflow: Workflow, form: LaunchForm, filled: forms.BaseForm | None) -> HttpResponse:
    """Render the page, or for htmx the form alone."""
    part = "#form" if request.htmx else ""  # type: ignore[attr-defined]
    had_files = bool(request.FILES)
    context = {
        "nav": "workflows",
        "workflow": workflow,
        "stops": stops_of(workflow),
        "form": form,
        "filled": filled,
        "had_files": had_files,
    }
    return render(request, f"launch/workflow.html{part}", context)


def input_form(workflow: Workflow, data: Any = None) -> forms.BaseForm | None:
    """Return the workflow's input form, bound where there is data; None where it takes any input."""
    return workflow.input(data, prefix=INPUT_PREFIX) if workflow.input is not None else None


def find_workflow(name: str) -> Workflow:
    """Return a workflow.

    Raises:
        NotFound: this installation knows none of that name.
    """
    workflow = registry.find(name)
    if workflow is None:
        raise NotFound(f"There is no workflow called {name[:80]!r}.")
    return workflow
