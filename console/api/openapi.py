"""What the views cannot say by their types: bodies that are read by hand, and problems that any of them may answer."""

from typing import Any, Literal

from ninja import Field, Schema

from console.api.bodies import JSON_TYPE, MULTIPART_TYPE, REQUEST_PART, Body
from console.api.parts import VerdictOut
from console.api.replies import VERSION

IDEMPOTENCY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "description": "The same key and body again within 24 hours: the same answer, no second effect.",
}


class Problem(Schema):
    """An error (RFC 9457): what happened and what to do. Members that say nothing are left out."""

    type: str = Field(description="`urn:holdpoint:problem:` and the kind of problem.")
    title: str = Field(description="The kind of problem in words; the same each time.")
    status: int = Field(description="The status of HTTP.")
    detail: str = Field(description="What happened, and what to do.")
    state: str | None = Field(None, description="The run's state when it was refused.")
    allowed: list[str] | None = Field(None, description="Commands you may give now.")
    commands: dict[str, VerdictOut] | None = Field(None, description="Every command, and why one is not allowed.")
    holds: list[str] | None = Field(None, description="Ids of the holds in the way.")
    errors: dict[str, list[str]] | None = Field(None, description="What is wrong, by field.")


PROBLEMS: dict[Any, Any] = {}
"""Nothing but the problems that follow from what an operation takes (``description.coming``)."""


def problems(*statuses: int) -> dict[Any, Any]:
    """Say which problems an operation may answer besides those that follow from what it takes."""
    return {frozenset(statuses): Problem}


CONFLICT = problems(409)
"""Of most commands: the state, or a hold, may forbid them."""


def takes(model: type[Body], *, files: str = "", version: bool = False) -> dict[str, Any]:
    """Describe a POST.

    Args:
        model: its body, as JSON.
        files: what the file parts are called, where it takes multipart too.
        version: ``If-Match`` may bind it to what its sender saw.
    """
    schema = _schema(model)
    content: dict[str, Any] = {JSON_TYPE: {"schema": schema}}
    if files:
        parts = {
            REQUEST_PART: {**schema, "description": "The JSON body."},
            files: {
                "type": "array",
                "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                "description": "Files, each under its own name.",
            },
        }
        multipart = {"type": "object", "properties": parts, "required": [REQUEST_PART]}
        encoding = {REQUEST_PART: {"contentType": JSON_TYPE}}
        content[MULTIPART_TYPE] = {"schema": multipart, "encoding": encoding}
    required = any(field.is_required() for field in model.model_fields.values())
    parameters = [IDEMPOTENCY, *([if_match(required=False)] if version else [])]
    return {"parameters": parameters, "requestBody": {"required": required, "content": content}}


def patches(model: type[Body], *, version: Literal["required", "optional"] | None = "required") -> dict[str, Any]:
    """Describe a PATCH or PUT.

    Args:
        model: its body.
        version: whether ``If-Match`` binds it to what its sender saw; None where the thing has no version.
    """
    described = takes(model)
    described["parameters"] = [] if version is None else [if_match(required=version == "required")]
    return described


def if_match(*, required: bool) -> dict[str, Any]:
    """Describe the header that binds a change to what was seen."""
    return {
        "in": "header",
        "name": "If-Match",
        "required": required,
        "schema": {"type": "string", "pattern": VERSION},
        "description": "The ETag you saw; refused with 412 when it has changed since. `*` for whatever it is now.",
    }


def _schema(model: type[Body]) -> dict[str, Any]:
    """Return a self-contained schema; bodies are flat enough to repeat what little they nest."""
    schema = model.model_json_schema()
    nested = schema.pop("$defs", {})
    for name, field in schema["properties"].items():
        reference = field.pop("$ref", "")
        if reference:
            schema["properties"][name] = {**nested[reference.rpartition("/")[2]], **field}
        elif "anyOf" in field:
            field["anyOf"] = [
                nested[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in field["anyOf"]
            ]
    return schema
