"""Saved views of the list of runs: one's own and the shared ones."""

import uuid
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, HttpResponse
from django.http.request import QueryDict
from django.urls import reverse
from ninja import Field, Router, Schema

from console.access import require_scope
from console.api.bodies import Body, read_command
from console.api.openapi import CONFLICT, PROBLEMS, patches, takes
from console.api.parts import NOT_BLANK, Moment, Person
from console.api.replies import no_content, reply
from console.pages.list_address import read_address
from executions import commands, queries
from executions.commands.view import LONGEST_NAME
from executions.models import SavedView

router = Router(tags=["Views"])
QUERY = Field(
    description="Filter, order and columns, as a query of `GET /v1/async-executions` and of the console's list.",
    examples=["state=paused&workflow=invoice-batch&sort=since"],
)


class ViewOut(Schema):
    """A saved view."""

    id: uuid.UUID = Field(description="Of the view.")
    name: str = Field(description="What it is called.")
    owner: Person = Field(description="Who saved it.")
    shared: bool = Field(description="Everybody who may read runs sees it.")
    query: str = QUERY
    columns: list[str] = Field(description="Columns the console shows; the person's own where empty.")
    runs: str = Field(description="Address of the runs it shows.")
    created_at: Moment = Field(description="When it was saved.")
    updated_at: Moment = Field(description="When it was last changed.")


class ViewList(Schema):
    """Your own views, then the shared ones; 300 at most."""

    items: list[ViewOut] = Field(description="Yours and those that are shared, by name.")
    next: None = Field(None, description="Always null: there is one page.")


class ViewBody(Body):
    """Save a view."""

    name: str = Field(
        description="What it is called; one of your views each.",
        examples=["Stuck invoices"],
        json_schema_extra={**NOT_BLANK, "maxLength": LONGEST_NAME},
    )
    query: str = QUERY
    shared: bool = Field(False, description="Show it to everybody; needs `console:manage`.")


class ViewChange(Body):
    """What is to change; the rest stays."""

    name: str | None = Field(
        None, json_schema_extra={**NOT_BLANK, "maxLength": LONGEST_NAME}, description="What it is called."
    )
    query: str | None = Field(None, description="The list's filter and order, as in its address.")
    shared: bool | None = Field(None, description="Everybody sees it.")


@router.get("", response={200: ViewList, **PROBLEMS}, operation_id="views", summary="List saved views")
def views(request: HttpRequest) -> HttpResponse:
    """List your own views and the shared ones. Needs `executions:read`."""
    require_scope(request.auth, "read views", "executions:read")
    return reply(ViewList(items=[view_out(view) for view in queries.views_for(request.auth)]))


@router.post(
    "",
    response={201: ViewOut, **CONFLICT},
    openapi_extra=takes(ViewBody),
    operation_id="save_view",
    summary="Save a view",
)
def save(request: HttpRequest) -> HttpResponse:
    """Save a view of the list of runs. Needs `executions:read`, and `console:manage` to share it."""
    body, _ = read_command(request, ViewBody, "save view")
    made = commands.save_view(request.auth, name=body.name, query=cleaned(body.query), shared=body.shared)
    found = queries.find_view(request.auth, made.pk)
    return reply(view_out(found), 201, Location=reverse("v1:view", args=[made.pk]))


@router.get(
    "/{id}", response={200: ViewOut, **PROBLEMS}, operation_id="view", url_name="view", summary="Look at a view"
)
def view(request: HttpRequest, id: str) -> HttpResponse:
    """Look at a view of your own or a shared one. Needs `executions:read`."""
    require_scope(request.auth, "read views", "executions:read")
    return reply(view_out(queries.find_view(request.auth, id)))


@router.patch(
    "/{id}",
    response={200: ViewOut, **CONFLICT},
    openapi_extra=patches(ViewChange, version=None),
    operation_id="change_view",
    summary="Change a view",
)
def change(request: HttpRequest, id: str) -> HttpResponse:
    """Rename a view, replace what it shows, share it or stop sharing it. Needs `executions:read`.

    One that is shared, or is to be, needs `console:manage`.
    """
    body, _ = read_command(request, ViewChange, "change view")
    require_scope(request.auth, "change view", "executions:read")
    facts: dict[str, Any] = body.dict(exclude_none=True)
    if "query" in facts:
        facts["query"] = cleaned(facts["query"])
    commands.change_view(request.auth, id, **facts)
    return reply(view_out(queries.find_view(request.auth, id)))


@router.delete("/{id}", response={204: None, **CONFLICT}, operation_id="delete_view", summary="Delete a view")
def delete(request: HttpRequest, id: str) -> HttpResponse:
    """Delete a view. Needs `executions:read`, for a shared one `console:manage`."""
    require_scope(request.auth, "delete view", "executions:read")
    commands.delete_view(request.auth, id)
    return no_content()


def cleaned(query: str) -> str:
    """Return a query as the list's addresses have it: what the list does not know is left out."""
    return read_address(QueryDict(query)).query


def view_out(view: SavedView) -> ViewOut:
    """Describe a view."""
    told = parse_qsl(view.query)
    runs = urlencode([each for each in told if each[0] != "columns"])
    return ViewOut(
        id=view.pk,
        name=view.name,
        owner=Person(id=f"user:{view.owner_id}", name=view.owner.get_username()),
        shared=view.shared,
        query=view.query,
        columns=[column for name, value in told if name == "columns" for column in value.split(",")],
        runs=reverse("v1:runs") + (f"?{runs}" if runs else ""),
        created_at=view.created_at,
        updated_at=view.updated_at,
    )
