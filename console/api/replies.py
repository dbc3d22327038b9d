"""Sending a document: it was checked when it was made, so it is written once and sent as it is."""

import re
from typing import Any

import pydantic
from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema

from executions.errors import Invalid, Refused

MAX_LIMIT = 200
BIGINT = 2**63 - 1
VERSION = r'^(\*|(W/)?"?([0-9]{1,18})"?)$'
"""What If-Match may hold: the ETag of an earlier answer, or * for whatever it is now."""


class Pages(Schema):
    """Where in a list, and how much of it."""

    cursor: str | None = Field(None, description="`next` of an earlier page; the first page where left out.")
    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="Most items on the page.")


class PreconditionRequired(Refused):
    """The change must say what it was made from (428)."""

    code = "precondition-required"
    title = "Say which version you saw"


def reply(document: pydantic.BaseModel, status: int = 200, **headers: str) -> HttpResponse:
    """Send a document as JSON.

    Args:
        document: one of ``documents``.
        status: the HTTP status.
        headers: further headers, underscores for hyphens.
    """
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(document.model_dump_json(), status=status, content_type="application/json", headers=names)


def no_content() -> HttpResponse:
    """Answer that it was done and that there is nothing to show."""
    answer = HttpResponse(status=204)
    del answer["Content-Type"]
    return answer


def etag(version: int) -> str:
    """Return a version as a strong entity tag."""
    return f'"{version}"'


def seen_version(request: HttpRequest, *, required: bool) -> int | None:
    """Return the version that If-Match names; None for ``*``, or where it is left out and need not be there.

    Raises:
        PreconditionRequired: it is left out.
        Invalid: it is no ETag of ours.
    """
    header: Any = request.headers.get("If-Match")
    if header is None:
        if required:
            raise PreconditionRequired("Send If-Match with the ETag you saw, or If-Match: * for whatever it is now.")
        return None
    found = re.fullmatch(VERSION, header.strip())
    if found is None:
        problem = 'Must be the ETag of an earlier answer, such as "7", or *.'
        raise Invalid(f"If-Match: {problem}", errors={"If-Match": [problem]})
    return int(found[3]) if found[3] else None
