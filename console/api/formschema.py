"""Django forms as JSON Schema, so that a program knows what a person would be asked."""

import decimal
from typing import Any

from django import forms
from django.forms.models import ModelChoiceField

from executions.simpleforms import YesNoField

# Most specific first: a DecimalField is an IntegerField to Python.
TYPES: tuple[tuple[type[forms.Field], dict[str, Any]], ...] = (
    (forms.DecimalField, {"type": ["string", "number"], "format": "decimal"}),
    (forms.FloatField, {"type": "number"}),
    (forms.IntegerField, {"type": "integer"}),
    (forms.NullBooleanField, {"type": ["boolean", "null"]}),
    (forms.BooleanField, {"type": "boolean"}),
    (forms.FileField, {"type": "string", "contentEncoding": "binary"}),
    (forms.DateTimeField, {"type": "string", "format": "date-time"}),
    (forms.DateField, {"type": "string", "format": "date"}),
    (forms.TimeField, {"type": "string", "format": "time"}),
    (forms.DurationField, {"type": "string", "format": "duration"}),
    (forms.UUIDField, {"type": "string", "format": "uuid"}),
    (forms.EmailField, {"type": "string", "format": "email"}),
    (forms.URLField, {"type": "string", "format": "uri"}),
    (forms.JSONField, {}),
    (forms.CharField, {"type": "string"}),
)
LIMITS = {"min_value": "minimum", "max_value": "maximum", "min_length": "minLength", "max_length": "maxLength"}


def form_schema(form: type[forms.BaseForm]) -> dict[str, Any]:
    """Describe a form.

    Args:
        form: the class that checks the input; it remains the judge, the schema only tells in advance.

    Returns:
        A JSON Schema (2020-12) of an object with declared fields only. Files are sent beside the JSON, each in a part
        of the field's name.
    """
    fields = form().fields
    return {
        "type": "object",
        "title": _title(form.__name__),
        "properties": {name: field_schema(field) for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.required and _default(field) is None],
        "additionalProperties": False,
    }


def field_schema(field: forms.Field) -> dict[str, Any]:
    """Describe one field: type, limits, choices, default and words for people."""
    schema = _type(field)
    for attribute, keyword in LIMITS.items():
        limit = getattr(field, attribute, None)
        if limit is not None and not callable(limit):
            schema[keyword] = float(limit) if isinstance(limit, decimal.Decimal) else limit
    if field.label:
        schema["title"] = str(field.label)
    if field.help_text:
        schema["description"] = str(field.help_text)
    default = _default(field)
    if default is not None:
        schema["default"] = default if isinstance(default, bool | int | float | str | list | dict) else str(default)
    return schema


def _type(field: forms.Field) -> dict[str, Any]:
    if isinstance(field, YesNoField):
        return {"type": "boolean"}
    if isinstance(field, forms.MultipleChoiceField):
        return {"type": "array", "items": {"type": "string", "oneOf": _choices(field)}, "uniqueItems": True}
    if isinstance(field, forms.ChoiceField) and not isinstance(field, ModelChoiceField):
        return {"type": "string", "oneOf": _choices(field)}
    return dict(next((schema for kind, schema in TYPES if isinstance(field, kind)), {"type": "string"}))


def _choices(field: Any) -> list[dict[str, str]]:
    flat: list[dict[str, str]] = []
    for value, label in field.choices:
        group = label if isinstance(label, list | tuple) else [(value, label)]
        flat += [{"const": str(one), "title": str(title)} for one, title in group]
    return flat


def _default(field: forms.Field) -> Any:
    if isinstance(field, forms.FileField):
        return None
    return field.initial() if callable(field.initial) else field.initial


def _title(name: str) -> str:
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip()
    return words[:1] + words[1:].lower()
