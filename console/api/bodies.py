"""Reading what a program sends: JSON, or JSON with files beside it. Everything wrong is named, field by field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import pydantic
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from ninja import Schema

from console.access import record_refusal
from executions.errors import Invalid, Refused, TooLarge

JSON_TYPE = "application/json"
MULTIPART_TYPE = "multipart/form-data"
REQUEST_PART = "request"


class Body(Schema):
    """A request body: declared fields only, and no guessing of types."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)


class WrongType(Refused):
    """The body is of a kind that is not read here (415)."""

    code = "wrong-content-type"
    title = "Wrong content type"


@dataclass(frozen=True, slots=True)
class Sent:
    """What came with a request.

    Args:
        data: the decoded JSON.
        files: field, name and bytes of each file part, in their order.
    """

    data: Any
    files: tuple[tuple[str, str, bytes], ...] = ()


def read_command[B: Body](
    request: HttpRequest, model: type[B], command: str, execution_id: str | None = None, *, files: bool = False
) -> tuple[B, Sent]:
    """Read the body of a command; one that is no good is recorded as a refusal of that command.

    Args:
        request: with the actor in ``auth``.
        model: what the body must look like.
        command: the command's name, for the record.
        execution_id: which run it is about, if any.
        files: multipart with files is accepted too.

    Returns:
        The checked body, and what came with it.

    Raises:
        WrongType, Invalid, TooLarge: as their names say.
    """
    try:
        sent = read(request, files=files)
        return checked(model, sent.data), sent
    except Refused as refusal:
        record_refusal(request.auth, command, refusal, execution_id)  # type: ignore[attr-defined]
        raise


def read(request: HttpRequest, *, files: bool = False) -> Sent:
    """Decode a body by its content type. No body at all stands for ``{}``."""
    kind = request.content_type or ""
    if kind == MULTIPART_TYPE and files:
        return _read_multipart(request)
    if kind == JSON_TYPE or kind.endswith("+json"):
        return Sent(_decode(body_of(request)))
    if not body_of(request):
        return Sent({})
    wanted = f"{JSON_TYPE} or {MULTIPART_TYPE}" if files else JSON_TYPE
    raise WrongType(f"The body is {kind or 'of no stated type'}; send it with “Content-Type: {wanted}”.")


def checked[B: Body](model: type[B], data: Any) -> B:
    """Check decoded JSON against a schema.

    Raises:
        Invalid: every unknown, missing or wrong field is named.
    """
    if not isinstance(data, dict):
        raise Invalid("The body must be a JSON object.", errors={"body": ["Must be a JSON object."]})
    try:
        return model.model_validate(data)
    except pydantic.ValidationError as error:
        raise invalid(error.errors(), tuple(model.model_fields)) from error


def invalid(problems: list[Any], known: tuple[str, ...] = (), strip: int = 0) -> Invalid:
    """Turn pydantic's errors into a refusal that names the fields.

    Args:
        problems: as ``ValidationError.errors()`` gives them.
        known: the fields there are, for the message about those there are not.
        strip: leading parts of each location that say nothing to the sender.
    """
    errors: dict[str, list[str]] = {}
    for item in problems:
        location = item["loc"][strip:] or item["loc"][-1:]
        errors.setdefault(".".join(str(part) for part in location)[:200] or "body", []).append(_sentence(item, known))
    name, messages = next(iter(errors.items()))
    more = f" {len(errors) - 1} more in errors." if len(errors) > 1 else ""
    return Invalid(f"{name}: {messages[0]}{more}", errors=errors)


def _sentence(item: Mapping[str, Any], known: tuple[str, ...]) -> str:
    kind = item["type"]
    if kind == "extra_forbidden":
        return "Unknown field." + (f" Known: {', '.join(known)}." if known and len(item["loc"]) == 1 else "")
    words = {
        "missing": "This field is required.",
        "string_type": "Must be a text.",
        "int_type": "Must be a whole number.",
        "int_parsing": "Must be a whole number.",
        "bool_type": "Must be true or false.",
        "bool_parsing": "Must be true or false.",
        "dict_type": "Must be a JSON object.",
        "model_type": "Must be a JSON object.",
        "model_attributes_type": "Must be a JSON object.",
        "timezone_aware": "Say which time zone it is in: 2026-01-31T12:00:00Z.",
    }
    return words.get(kind) or str(item["msg"]).rstrip(".") + "."


def body_of(request: HttpRequest) -> bytes:
    """Return the raw body.

    Raises:
        TooLarge: more than ``DATA_UPLOAD_MAX_MEMORY_SIZE``.
    """
    try:
        return request.body
    except RequestDataTooBig as error:
        raise TooLarge("The body is larger than is accepted. Put large data into files.") from error


def _decode(raw: bytes | str) -> Any:
    if not raw:
        return {}
    try:
        return json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        problem = f"Not JSON: {str(error) or 'nested too deep'}."
        raise Invalid(f"The body cannot be read. {problem}", errors={"body": [problem]}) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _read_multipart(request: HttpRequest) -> Sent:
    try:
        fields, uploads = request.POST, request.FILES
    except RequestDataTooBig as error:
        raise TooLarge("The form is larger than is accepted.") from error
    except (MultiPartParserError, SuspiciousOperation) as error:
        problem = f"The form cannot be read: {error}."
        raise Invalid(problem, errors={"body": [problem]}) from error
    unknown = [name for name in fields if name not in (REQUEST_PART, "csrfmiddlewaretoken")]
    if unknown:
        problem = f"Unknown part. Put fields as JSON into the part “{REQUEST_PART}”."
        raise Invalid(f"{unknown[0][:60]}: {problem}", errors={unknown[0][:200]: [problem]})
    if REQUEST_PART in uploads:
        raw: bytes | str = _content(uploads[REQUEST_PART], settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge(f"The part “{REQUEST_PART}” is larger than is accepted. Put large data into files.")
    else:
        raw = fields.get(REQUEST_PART, "")
    files = tuple(
        (field, upload.name or "", _content(upload, settings.HOLDPOINT["MAX_FILE_BYTES"]))
        for field, several in uploads.lists()
        if field != REQUEST_PART
        for upload in several
    )
    return Sent(_decode(raw), files)


def _content(upload: Any, limit: int) -> bytes:
    """Read a part, no further than is needed to see that it is too large; the command says so."""
    content: bytes = upload.read(limit + 1)
    upload.seek(0)
    return content
