"""Events as they happen, as Server-Sent Events: of one run, and of all."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Field, Header, Query, Router, Schema

from console.access import find_execution, require_scope
from console.api.openapi import PROBLEMS, Problem
from console.errors import problem
from console.follow.choice import Choice, door_called, kinds_called, labels_called, ledgers_called, listed
from console.follow.follower import streams_of
from console.follow.place import AmongAll, InRun, Place
from console.follow.reader import Reader
from console.follow.standing import NEEDED, OF_SYSTEM, Standing, credential_of
from console.follow.stream import stream
from executions import queries
from executions.errors import Gone, Invalid
from executions.models import SYSTEM_LEDGER
from executions.queries import tail
from executions.queries.snapshots import Cursor

of_runs = Router(tags=["Runs"])
of_all = Router(tags=["Events"])

BEGINNING = "beginning"
RETRY_SECONDS = 60
EVENT_STREAM = "text/event-stream"
TRANSPORT = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
"""Proxies must neither gather nor rewrite it."""

EXAMPLE = """\
retry: 2150
: open
id: 48211

id: 48230
data: {"run":"0199c0de-0000-7000-8000-000000000001","workflow":"invoice-batch","seq":7,"at":\
"2026-11-21T14:02:03.000456Z","kind":"hold.placed","actor":{"id":"user:7","name":"zoe"},"role":"operator","via":\
"console","reason":"Totals differ","data":{"hold":"0199c0de-0000-7000-8000-000000000002"},"digest":"9d69…"}

: still here
id: 48236

event: close
data: {"reason": "token_revoked", "detail": "This token was revoked at 2026-11-21 14:05 UTC."}

"""


def _described(example: str = EXAMPLE) -> dict[str, Any]:
    """Describe the answer, which no schema can."""
    content = {EVENT_STREAM: {"schema": {"type": "string"}, "example": example}}
    return {"responses": {200: {"description": "Server-Sent Events", "content": content}}}


ANSWERS: dict[Any, Any] = {200: None, **PROBLEMS, frozenset({410, 429}): Problem}


class RunStreamQuery(Schema):
    """Which stretch of a run's history."""

    after: int = Field(
        0, ge=0, le=2**63 - 1, description="Only events with a greater `seq`. `Last-Event-ID` goes first."
    )
    follow: bool = Field(True, description="`false`: end when everything there is was told.")


class StreamQuery(Schema):
    """Which events; what is left out does not narrow the stream. Values may be repeated, or parted by commas."""

    after: str = Field(
        "", description="An event's `id`, or `beginning`. Left out: from now on. `Last-Event-ID` goes first."
    )
    kind: list[str] = Field([], description="Kinds such as `hold.placed`, or families such as `hold`.")
    run: list[str] = Field([], description="Ids of runs; `system` for what concerns no single run.")
    workflow: list[str] = Field([], description="Workflows.")
    label: list[str] = Field([], description="`name` or `name:value`; runs that have all of these. No commas.")
    person: str = Field("", description="By whom: an id such as `user:7`, or a printed name.")
    via: str = Field("", description="The door: console, api, cli, webhook, engine.")
    routine: bool = Field(False, description="Also what runs write by the thousand, such as `step.finished`.")
    follow: bool = Field(True, description="`false`: end when everything there is was told.")


@of_runs.get(
    "/{id}/events/stream",
    response=ANSWERS,
    operation_id="run_stream",
    summary="Follow a run",
    openapi_extra=_described(),
)
def run_stream(
    request: HttpRequest,
    id: str,
    query: Query[RunStreamQuery],
    last_event_id: str | None = Header(None, alias="Last-Event-ID", description="The `id` of the last event you saw."),
) -> HttpResponse | StreamingHttpResponse:
    """Every event of a run, routine ones too, as it happens. Needs `executions:read`.

    Begins with the whole history, or after the `seq` that you name. The `id` of an event is its `seq`. A client that
    comes back with the last one it saw misses nothing and sees nothing twice.
    """
    execution = find_execution(request.auth, id, "follow run")
    seq = query.after if last_event_id is None else _seq(last_event_id)
    if seq:
        newest = queries.history(execution.pk, newest_first=True, limit=1)
        if not newest or newest[0].seq < seq:
            raise Gone(f"This run has no event {seq}. Start anew, without an id.")
    choice = Choice(ledgers=frozenset({execution.pk}), routine=True)
    return _open(request, choice, InRun(execution.pk, execution.workflow, seq), follow=query.follow)


@of_all.get("/stream", response=ANSWERS, operation_id="stream", summary="Follow everything", openapi_extra=_described())
def all_stream(
    request: HttpRequest,
    query: Query[StreamQuery],
    last_event_id: str | None = Header(None, alias="Last-Event-ID", description="The `id` of the last event you saw."),
) -> HttpResponse | StreamingHttpResponse:
    """Events of all runs as they happen. Needs `executions:read`; what concerns no single run, `audit:read` too.

    Begins now, unless you say after which event. A client that comes back with the last `id` it saw misses nothing and
    sees nothing twice. Filters may differ between two connections: an `id` is a place among all events.
    """
    require_scope(request.auth, "follow events", NEEDED)
    choice = Choice(
        kinds=kinds_called(listed(query.kind, "kind")),
        ledgers=ledgers_called(listed(query.run, "run")),
        workflows=frozenset(listed(query.workflow, "workflow")),
        labels=labels_called(listed(query.label, "label", parted=False)),
        person=query.person.strip(),
        via=door_called(query.via),
        routine=query.routine,
    )
    if SYSTEM_LEDGER in choice.ledgers:
        require_scope(request.auth, "follow system ledger", OF_SYSTEM)
    place = query.after if last_event_id is None else last_event_id
    return _open(request, choice, AmongAll(_cursor(place), choice), follow=query.follow)


def _open(request: HttpRequest, choice: Choice, place: Place, *, follow: bool) -> HttpResponse | StreamingHttpResponse:
    actor = request.auth
    most = settings.HOLDPOINT["MAX_STREAMS"]
    if streams_of(actor.user_id) >= most:
        told = f"You have {most} streams open on this web process. Close some."
        response = problem(429, "too-many-streams", "Too many streams", told)
        response["Retry-After"] = str(RETRY_SECONDS)
        return response
    credential = credential_of(request, actor)
    reader = Reader(choice, credential, Standing(actor.can(OF_SYSTEM)), actor.user_id)
    return StreamingHttpResponse(stream(reader, place, follow=follow), content_type=EVENT_STREAM, headers=TRANSPORT)


def _cursor(text: str) -> Cursor:
    if not text:
        return tail.now()
    if text == BEGINNING:
        return tail.beginning()
    cursor = Cursor.parse(text)
    tail.check(cursor)
    return cursor


def _seq(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        problem = "The id of an event of this stream is its seq. Send it as it was, or start anew without one."
        raise Invalid(problem, errors={"Last-Event-ID": [problem]})
    return int(text)
