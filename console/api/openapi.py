"""What the views cannot say by their types: bodies that are read by hand, and problems that any of them may answer."""

from typing import Any, Literal

from ninja import Schema

from console.api.bodies import JSON_TYPE, MULTIPART_TYPE, REQUEST_PART, Body

IDEMPOTENCY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same key and body again within 24 hours: the same answer, no second effect.",
}


class Problem(Schema):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    state: str | None = None
    allowed: list[str] | None = None
    holds: list[str] | None = None
    errors: dict[str, list[str]] | None = None


PROBLEMS = {
    frozenset({401, 403, 404, 405, 409, 412, 413, 415, 422, 428, 500, 503}): Problem,
}


def takes(model: type[Body], *, files: str = "", required: bool = True) -> dict[str, Any]:
    """Describe a POST that takes JSON, and multipart where ``files`` says what the file parts are called."""
    schema = _schema(model)
    content: dict[str, Any] = {JSON_TYPE: {"schema": schema}}
    if files:
        parts = {
            REQUEST_PART: {**schema, "description": "The JSON body."},
            files: {"type": "array", "items": {"type": "string", "contentMediaType": "application/octet-stream"}},
        }
        multipart = {"type": "object", "properties": parts, "required": [REQUEST_PART]}
        encoding = {REQUEST_PART: {"contentType": JSON_TYPE}}
        content[MULTIPART_TYPE] = {"schema": multipart, "encoding": encoding}
    return {"parameters": [IDEMPOTENCY], "requestBody": {"required": required, "content": content}}


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
        "schema": {"type": "string"},
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
