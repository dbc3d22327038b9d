"""A run's files: look, download, replace."""

import base64
from typing import Literal
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from console.access import find_execution, record_refusal
from console.api.bodies import MULTIPART_TYPE, WrongType
from console.api.documents import FileOut, FileVersionOut
from console.api.file_shapes import files_out, version_out
from console.api.openapi import CONFLICT, PROBLEMS, if_match
from console.api.parts import NOT_BLANK
from console.api.replies import etag, reply, seen_version
from console.api.runs import address_of
from console.file_diff import MOST_LINES, compare, versions
from executions import commands, queries
from executions.errors import Refused, TooLarge
from executions.models import RunFile

router = Router(tags=["Files"])

REPLACEMENT = {
    "parameters": [if_match(required=False)],
    "requestBody": {
        "required": True,
        "description": "The new bytes, as they are; their Content-Type does not matter.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
}


class FileList(Schema):
    """A run's files by name."""

    items: list[FileOut] = Field(description="The files, by name.")


class VersionQuery(Schema):
    """Which version; the newest where left out."""

    version: int | None = Field(None, ge=1, le=2**31 - 1, description="An earlier one, from 1.")


class FileChangesQuery(Schema):
    """Which versions are compared."""

    since: int | None = Field(
        None, alias="from", ge=1, le=2**31 - 1, description="The earlier one; the one before `to` where left out."
    )
    to: int | None = Field(None, ge=1, le=2**31 - 1, description="The later one; the newest where left out.")


class DiffLineOut(Schema):
    """One line of a unified diff."""

    kind: Literal["added", "removed", "same", "place"] = Field(
        description="`place` says where in the file the lines that follow are."
    )
    text: str = Field(description="With the sign it begins with: `+`, `-`, a space, or `@@`.")


class FileChangesOut(Schema):
    """How two versions of a text file differ."""

    name: str = Field(description="Of the file.")
    from_version: int = Field(description="The earlier version.")
    to_version: int = Field(description="The later version.")
    why_not: str = Field(description="Why they cannot be compared, such as for files that are no text; else empty.")
    added: int = Field(description="How many lines came.")
    removed: int = Field(description="How many lines went.")
    lines: list[DiffLineOut] = Field(
        description=f"Those that differ, with three around them; the first {MOST_LINES:,}."
    )
    left_out: int = Field(description="How many more there are.")


class WhyQuery(Schema):
    """Why the file is replaced."""

    reason: str = Field(
        "",
        description="Why, in words for those who read the history later. Not blank.",
        examples=["Totals differ"],
        json_schema_extra={**NOT_BLANK, "x-required": True},
    )


@router.get("/{id}/files", response={200: FileList, **PROBLEMS}, operation_id="files", summary="List a run's files")
def files(request: HttpRequest, id: str) -> HttpResponse:
    """Every file with its versions, newest first. Needs `executions:read`."""
    execution = find_execution(request.auth, id, "list files")
    return reply(FileList(items=files_out(execution, f"{address_of(str(execution.pk))}/files/")))


@router.get(
    "/{id}/files/{name}",
    response={200: bytes, **PROBLEMS},
    openapi_extra={"x-answers": ["application/octet-stream"]},
    operation_id="download",
    summary="Download a file",
)
def download(request: HttpRequest, id: str, name: str, query: Query[VersionQuery]) -> HttpResponse:
    """The file's bytes, as an attachment that no browser opens by itself. Needs `executions:read`.

    The ETag is its version, Repr-Digest (RFC 9530) its SHA-256.
    """
    execution = find_execution(request.auth, id, "download file")
    return attachment(queries.file_content(execution, name, query.version))


@router.get(
    "/{id}/files/{name}/changes",
    response={200: FileChangesOut, **PROBLEMS},
    operation_id="file_changes",
    summary="Compare versions of a file",
)
def file_changes(request: HttpRequest, id: str, name: str, query: Query[FileChangesQuery]) -> HttpResponse:
    """What changed in a text file from one version to another, line by line. Needs `executions:read`."""
    execution = find_execution(request.auth, id, "compare file versions")
    old, new = versions(execution, name, query.since, query.to)
    found = compare(old, new)
    return reply(
        FileChangesOut(
            name=name,
            from_version=old.version,
            to_version=new.version,
            why_not=found.trouble,
            added=found.count("added"),
            removed=found.count("removed"),
            lines=[DiffLineOut.from_orm(line) for line in found.shown],
            left_out=found.left_out,
        )
    )


@router.put(
    "/{id}/files/{name}",
    response={200: FileVersionOut, **CONFLICT},
    openapi_extra=REPLACEMENT,
    operation_id="replace_file",
    summary="Replace a file",
)
def replace(request: HttpRequest, id: str, name: str, query: Query[WhyQuery]) -> HttpResponse:
    """Store a new version while the run is paused, suspended or failed; the old one is kept. Needs `executions:amend`.

    The body is the file itself. With If-Match it is replaced only if its version is still the one you saw.
    """
    try:
        version = seen_version(request, required=False)
        content = raw_content(request)
    except Refused as refusal:
        record_refusal(request.auth, "replace file", refusal, id)
        raise
    stored = commands.replace_file(request.auth, id, name, content, reason=query.reason, version=version)
    return reply(version_out(stored), ETag=etag(stored.version))


def raw_content(request: HttpRequest) -> bytes:
    """Read the body as a file, no further than the limit for files."""
    if request.content_type == MULTIPART_TYPE:
        raise WrongType(
            "Send the file itself as the body, not a form: curl -T invoice.xml “…/files/invoice.xml?reason=…”."
        )
    limit: int = settings.HOLDPOINT["MAX_FILE_BYTES"]
    content: bytes = request.read(limit + 1)
    if len(content) > limit:
        problem = f"At most {limit:,} bytes."
        raise TooLarge(f"The file is larger than is accepted. {problem}", errors={"files": [problem]})
    return content


def attachment(file: RunFile) -> HttpResponse:
    """Send a file so that a browser saves it and never runs it, whatever it contains."""
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\' else "_" for letter in file.name
    )
    return HttpResponse(
        bytes(file.content),
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "ETag": etag(file.version),
            "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(file.sha256)).decode()}:",
        },
    )
