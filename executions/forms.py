"""Human input is declared as Django forms; here JSON is put through them."""

import importlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.datastructures import MultiValueDict

from executions.approvals import ToolForm
from executions.errors import Invalid
from executions.models import Suspension
from executions.provenance import to_json
from executions.simpleforms import simple_form
from executions.text import clean_object


class Asked(Protocol):
    """What says how an answer must look: a question as its author wrote it, or as it is stored."""

    @property
    def form(self) -> str | None: ...
    @property
    def format(self) -> str: ...
    @property
    def choices(self) -> Sequence[Sequence[str]] | None: ...
    @property
    def context(self) -> Mapping[str, Any]: ...


def form_class(path: str) -> type[forms.BaseForm]:
    """Find a form class by its stored path.

    Raises:
        LookupError: the code has moved or the name is no form; says which.
    """
    module_name, _, qualified = path.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for part in qualified.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"The form {path} cannot be found in this installation: {error}.") from error
    if not (isinstance(found, type) and issubclass(found, forms.BaseForm)):
        raise LookupError(f"{path} is no Django form.")
    return found


def form_of(asked: Asked) -> type[forms.BaseForm] | None:
    """Return the form that checks a question's answer; None where any JSON object will do."""
    if not asked.form:
        return simple_form(asked.format, asked.choices)
    form = form_class(asked.form)
    if issubclass(form, ToolForm):
        return type(form.__name__, (form,), {"shown": asked.context.get("arguments", {})})
    return form


def clean_default(asked: Asked) -> dict[str, Any]:
    """Put a question's default answer through its form, as a person's answer would be.

    Raises:
        Invalid, TooLarge: the form refuses it.
        LookupError: there is no such form.
    """
    default = clean_object(getattr(asked, "default", None), "default")
    form = form_of(asked)
    return default if form is None else _clean(form, default, {})


def clean_input(form: type[forms.BaseForm] | None, payload: dict[str, Any]) -> dict[str, Any]:
    """Put a launch payload through the workflow's input form.

    Args:
        form: the form class; None accepts any object.
        payload: a JSON object.

    Returns:
        The cleaned payload as plain JSON types, with defaults filled in.

    Raises:
        Invalid: unknown or bad fields, each named.
    """
    return payload if form is None else _clean(form, payload, {})


def clean_answer(
    suspension: Suspension, data: dict[str, Any], files: Mapping[str, tuple[str, bytes]]
) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    """Put an answer through the question's form.

    Args:
        suspension: the question.
        data: a JSON object.
        files: form field → name and bytes.

    Returns:
        The cleaned answer as plain JSON types, and the uploads to store.

    Raises:
        Invalid: unknown or bad fields, each named.
    """
    unknown = [field for field in files if field not in suspension.replaces]
    if unknown:
        raise Invalid("This question takes no such file.", errors={unknown[0]: ["This question takes no such file."]})
    form = form_of(suspension)
    if form is None:
        return data, dict(files)
    cleaned = _clean(form, data, files)
    return cleaned, {field: upload for field, upload in files.items() if upload[1]}


def _clean(form: type[forms.BaseForm], data: dict[str, Any], files: Mapping[str, tuple[str, bytes]]) -> dict[str, Any]:
    blank = form()
    unknown = sorted(set(data) - set(blank.fields))
    if unknown:
        known = ", ".join(blank.fields) or "none"
        errors = {name: [f"Unknown field. Known: {known}."] for name in unknown}
        raise Invalid(f"Unknown field {', '.join(repr(name[:60]) for name in unknown)}. Known: {known}.", errors=errors)
    filled = {
        name: blank.get_initial_for_field(field, name)
        for name, field in blank.fields.items()
        if not isinstance(field, forms.FileField)
    }
    filled = {name: value for name, value in filled.items() if value is not None}
    uploads: MultiValueDict[str, UploadedFile[bytes]] = MultiValueDict(
        {field: [SimpleUploadedFile(name, content)] for field, (name, content) in files.items()}
    )
    bound = form({**filled, **data}, uploads)
    if not bound.is_valid():
        errors = {
            ("__all__" if name == NON_FIELD_ERRORS else name): [str(item) for item in items]
            for name, items in bound.errors.items()
        }
        first_field, first = next(iter(errors.items()))
        where = "" if first_field == "__all__" else f"{first_field}: "
        raise Invalid(f"{where}{first[0]}", errors=errors)
    plain = {
        name: value
        for name, value in bound.cleaned_data.items()
        if not isinstance(bound.fields.get(name), forms.FileField)
    }
    cleaned: dict[str, Any] = json.loads(to_json(plain))
    return cleaned
