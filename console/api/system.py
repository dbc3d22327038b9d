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
    what: str = Field(description="What is wrong.")
    do: str = Field(description="What to do.")
    command: str = Field(description="What to type, where that helps; else empty.")


class WorkerOut(Schema):
    """A worker by its own account."""

    name: str = Field(description="Of the worker.")
    alive: bool = Field(description="It was heard of lately.")
    started_at: Moment = Field(description="When it began.")
    seen_at: Moment = Field(description="When it last gave a sign.")
    version: str = Field(description="Of the code it runs.")
    workflows: list[str] = Field(description="Names of those it can carry on.")
    execution: uuid.UUID | None = Field(description="The run it is on.")


class WaitingOut(Schema):
    """Queued runs of one priority."""

    priority: int = Field(description="0 to 9; 9 goes first.")
    count: int = Field(description="How many runs wait.")
    oldest: Moment = Field(description="Since when the first of them waits.")


class StuckOut(Schema):
    """A run that does not get on as it should."""

    what: str = Field(description="`lease`, `lingering`, `interrupted` or `join`.")
    id: uuid.UUID = Field(description="Of the run.")
    title: str = Field(description="What it is called.")
    workflow: str = Field(description="Its workflow.")
    step: str | None = Field(description="Name of its step.")
    since: Moment = Field(description="From when on.")
    owner: str | None = Field(description="The worker that has it; null where none does.")


class JobOut(Schema):
    """Work in the background that is not finished."""

    what: str = Field(description="`verify`, or the name of a bulk command.")
    id: uuid.UUID = Field(description="Of the bulk job or the verification.")
    asked_by: str = Field(description="Who asked for it, by name.")
    asked_at: Moment = Field(description="When.")
    done: int = Field(description="Runs or lines it has come to.")
    total: int | None = Field(description="Of how many; null where that is not known.")
    begun: bool = Field(description="A worker has taken it up.")


class BrokerOut(Schema):
    """The broker at this moment."""

    answers: bool = Field(description="It can be reached.")
    seconds: float = Field(description="Of one round trip.")
    messages: int = Field(description="Hints waiting in the queue; there may be more than runs, or fewer.")
    listeners: int = Field(description="Workers that hear pauses and cancels at once.")
    problem: str = Field(description="What is wrong; empty where nothing is.")


class SystemOut(Schema):
    """The installation at this moment."""

    now: Moment = Field(description="The database's clock.")
    troubles: list[TroubleOut] = Field(description="What is wrong, worst first; nothing where empty.")
    workers: list[WorkerOut] = Field(description="Workers that were heard of last, also those that are gone.")
    queued: int = Field(description="Runs that wait for a worker, up to a cap.")
    queue_capped: bool = Field(description="There are more.")
    queue: list[WaitingOut] = Field(description="Those, by priority.")
    later: int = Field(description="Runs that are to start later.")
    stuck: list[StuckOut] = Field(description="Runs that do not get on; the first of them.")
    jobs: list[JobOut] = Field(description="Work in the background that is not finished.")
    freezes: int = Field(description="Freezes in force.")
    broker: BrokerOut = Field(description="As it is now.")
    database_seconds: float = Field(description="Of one round trip.")
    connections: int = Field(description="To the database, of all programs.")
    most_connections: int = Field(description="How many the database takes.")
    streams: int = Field(description="Open event streams of the process that answers.")
    versions: dict[str, str] = Field(description="Name → version of what runs here.")


class PersonOut(Schema):
    """Somebody who can sign in."""

    id: str = Field(description="Stable, such as `user:3`.")
    name: str = Field(description="User name.")
    role: str = Field(description="What they may do.")
    last_login: Moment | None = Field(description="When they last signed in; null for never.")
    second_factors: list[str] = Field(description="Kinds of second factors they have set up.")


class PeopleList(Schema):
    """A page of people, by name."""

    items: list[PersonOut] = Field(description="The people of this page.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


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
