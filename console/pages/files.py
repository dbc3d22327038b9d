"""A run's files: every version to download, and a replacement while the run rests."""

import uuid
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from console.access import find_execution
from console.pages.base import actor_of, command_view, page
from console.pages.commands import Done, page_of
from console.pages.execution import showing
from console.pages.file_forms import read_seen
from console.pages.typed import read_or_refuse, reason_of
from executions import commands, queries, states
from executions.actors import Actor
from executions.errors import Invalid, Refused


@page("executions:read", what="download file")
def download(request: HttpRequest, execution_id: uuid.UUID) -> HttpResponse:
    """Send one version of a file; ``?name=`` and ``?version=`` say which, the newest where no version is named.

    Always as a download of no particular type: what somebody uploaded is never shown as a page of ours.
    """
    run = find_execution(actor_of(request), execution_id, "download file")
    version = request.GET.get("version", "")
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else None
    found = queries.file_content(run, request.GET.get("name", ""), number)
    response = HttpResponse(bytes(found.content), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    response.headers["ETag"] = f'"{found.sha256}"'
    return response


@command_view(showing("replace"))
def replace(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Replace a file by a new version."""
    upload = request.FILES.get("file")

    def read() -> tuple[str, int | None]:
        seen = read_seen(request.POST.get("seen", ""))
        if upload is None:
            raise Invalid("Choose a file.", errors={"file": ["Choose a file."]})
        return seen

    name, version = read_or_refuse(
        actor, "replace file", execution_id, read, ("", None), scope=states.COMMAND_SCOPE["amend"]
    )
    # Read no further than is needed to see that it is too large; the command knows the limit of this workflow.
    content = upload.read(settings.HOLDPOINT["MAX_FILE_BYTES"] + 1) if upload else b""
    try:
        stored = commands.replace_file(actor, execution_id, name, content, reason=reason_of(request), version=version)
    except Refused as refusal:
        if "files" in refusal.errors:
            refusal.errors = {**refusal.errors, "file": refusal.errors["files"]}
        raise
    return f"{page_of(execution_id)}#run-files", f"{name} replaced; version {stored.version} is in use."
