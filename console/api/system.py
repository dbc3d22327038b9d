"""How the installation is, and who can sign in to it."""

import uuid
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from console.access import require_scope
from console.api.openapi import PROBLEMS
from console.api.parts import Moment
from console.api.replies import Pages, reply
from console.pages.system import snapshot
from console.second_factor import factors_of
from executions.access import roles_of
from executions.queries.people import list_people

router = Router(tags=["System"])
people_router = Router(tags=["System"])


class TroubleOut(Schema):
    """One thing that is wrong, and what to do about it."""

    tone: Literal["error", "warning"] = Field(description="`error`: work stands still; `warning`: it goes on, worse.")
    what: str
    do: str
    command: str


class WorkerOut(Schema):
    """A worker by its own account."""

    name: str
    alive: bool
    started_at: Moment
    seen_at: Moment
    version: str
    workflows: list[str]
    execution: uuid.UUID | None = Field(description="The run it is on.")


class WaitingOut(Schema):
    """Queued runs of one priority."""

    priority: int
    count: int
    oldest: Moment


class StuckOut(Schema):
    """A run that does not get on as it should."""

    what: str = Field(description="`lease`, `lingering`, `interrupted` or `join`.")
    id: uuid.UUID
    title: str
    workflow: str
    step: str | None
    since: Moment
    owner: str | None


class JobOut(Schema):
    """Work in the background that is not finished."""

    what: str
    id: uuid.UUID
    asked_by: str
    asked_at: Moment
    done: int
    total: int | None
    begun: bool


class BrokerOut(Schema):
    """The broker at this moment."""

    answers: bool
    seconds: float
    messages: int
    listeners: int
    problem: str


class SystemOut(Schema):
    """The installation at this moment."""

    now: Moment
    troubles: list[TroubleOut] = Field(description="What is wrong, worst first; nothing where empty.")
    workers: list[WorkerOut]
    queued: int
    queue_capped: bool
    queue: list[WaitingOut]
    later: int = Field(description="Runs that are to start later.")
    stuck: list[StuckOut]
    jobs: list[JobOut]
    freezes: int
    broker: BrokerOut
    database_seconds: float = Field(description="Of one round trip.")
    connections: int
    most_connections: int
    streams: int = Field(description="Open event streams of the process that answers.")
    versions: dict[str, str]


class PersonOut(Schema):
    """Somebody who can sign in."""

    id: str
    name: str
    role: str
    last_login: Moment | None
    second_factors: list[str]


class PeopleList(Schema):
    """A page of people, by name."""

    items: list[PersonOut]
    next: str | None


@router.get("", response={200: SystemOut, **PROBLEMS}, operation_id="system", summary="Look at the installation")
def system(request: HttpRequest) -> HttpResponse:
    """Workers, queue, broker, database, what is stuck, and what to do about it. Needs `executions:read`."""
    require_scope(request.auth, "read system", "executions:read")
    seen = snapshot()
    now, broker = seen["system"], seen["broker"]
    same = {name: getattr(now, name) for name in SAME}
    workers = [
        WorkerOut(
            **{name: getattr(view.worker, name) for name in ("name", "started_at", "seen_at", "version", "workflows")},
            alive=view.alive,
            execution=view.run.pk if view.run else None,
        )
        for view in now.workers
    ]
    return reply(
        SystemOut(
            **same,
            troubles=[TroubleOut.from_orm(trouble) for trouble in seen["troubles"]],
            workers=workers,
            queue=[WaitingOut.from_orm(each) for each in now.queue],
            stuck=[StuckOut.from_orm(each) for each in now.stuck],
            jobs=[JobOut.from_orm(job) for job in now.jobs],
            broker=BrokerOut.from_orm(broker),
            streams=seen["streams"],
            versions=dict(seen["versions"]),
        )
    )


SAME = (*("now", "queued", "queue_capped", "later", "freezes", "database_seconds", "connections", "most_connections"),)


@people_router.get("", response={200: PeopleList, **PROBLEMS}, operation_id="people", summary="List people")
def people(request: HttpRequest, query: Query[Pages]) -> HttpResponse:
    """List everybody who can sign in, by name. Needs `console:manage`.

    Accounts, roles, passwords and second factors are changed in the browser only.
    """
    require_scope(request.auth, "read people", "console:manage")
    page = list_people(query.cursor, query.limit)
    factors = factors_of([person.pk for person in page.rows])
    items = [
        PersonOut(
            id=f"user:{person.pk}",
            name=person.get_username(),
            role=roles_of(person),
            last_login=person.last_login,
            second_factors=factors.get(person.pk, []),
        )
        for person in page.rows
    ]
    return reply(PeopleList(items=items, next=page.next))
