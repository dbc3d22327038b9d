"""Verifications of the whole record in the background: ask for one, look how it goes."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Field, Query, Router, Schema

from console.access import require_scope
from console.api.bodies import Body, read_command
from console.api.openapi import CONFLICT, PROBLEMS, takes
from console.api.parts import Moment, Person
from console.api.replies import Pages, reply
from executions.commands.audit import ask_for_verification
from executions.models import Check
from executions.queries.verifications import Outcome, find_check, list_outcomes, standing

router = Router(tags=["Audit"])


class VerificationOut(Schema):
    """A verification of the whole record. ``finished_at`` and ``outcome`` are null while it is under way."""

    id: uuid.UUID = Field(description="Of the verification.")
    requested_by: Person = Field(description="Who asked for it.")
    requested_at: Moment = Field(description="When.")
    checked: int = Field(description="Lines recomputed so far.")
    total: int | None = Field(description="Of how many; null until they were counted.")
    finished_at: Moment | None = Field(description="When it ended; null while it is under way.")
    line: int | None = Field(
        description="Line of the system's history that tells what it found; null while it is under way."
    )
    outcome: str | None = Field(
        description="`whole`, `broken`, or `given-up` where it never came to its end; null while it is under way."
    )
    result: dict[str, Any] | None = Field(
        description="What it found, as the record tells it; null until it has ended, and where it was given up."
    )


class OutcomeOut(Schema):
    """What a verification found, as the record itself tells it."""

    line: int = Field(description="Of the system ledger.")
    at: Moment = Field(description="When it ended.")
    requested_by: Person = Field(description="Who asked for it.")
    outcome: str = Field(description="`whole`, `broken`, or `given-up` where it never came to its end.")
    result: dict[str, Any] = Field(description="All that the line tells.")


class OutcomeList(Schema):
    """A page of what verifications found, newest first; and the one under way."""

    under_way: VerificationOut | None = Field(description="The one that has not ended; null where there is none.")
    items: list[OutcomeOut] = Field(description="What those found that have ended, newest first.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


@router.get("", response={200: OutcomeList, **PROBLEMS}, operation_id="verifications", summary="List verifications")
def verifications(request: HttpRequest, query: Query[Pages]) -> HttpResponse:
    """List what verifications of the whole record found, and the one under way. Needs `audit:read`."""
    require_scope(request.auth, "read verifications", "audit:read")
    page, now = list_outcomes(query.cursor, query.limit), standing()
    items = [
        OutcomeOut(
            line=each.seq,
            at=each.at,
            requested_by=Person(id=each.actor_id, name=each.actor_name),
            outcome=outcome_of(each),
            result=each.told,
        )
        for each in page.rows
    ]
    under_way = verification_out(now.under_way, None) if now.under_way else None
    return reply(OutcomeList(under_way=under_way, items=items, next=page.next))


@router.post(
    "",
    response={202: VerificationOut, **CONFLICT},
    openapi_extra=takes(Body),
    operation_id="ask_for_verification",
    summary="Verify the whole record in the background",
)
def ask(request: HttpRequest) -> HttpResponse:
    """Have a worker recompute every chain, and look at the address in `Location` how it goes.

    There is one at a time: while one is under way it is the answer, whoever asked for it. Needs `audit:read`.
    """
    read_command(request, Body, "verify record")
    check = ask_for_verification(request.auth)
    address = reverse("v1:verification", args=[check.pk])
    return reply(verification_out(*find_check(check.pk)), 202, Location=address)


@router.get(
    "/{id}",
    response={200: VerificationOut, **PROBLEMS},
    operation_id="verification",
    url_name="verification",
    summary="Read a verification",
)
def verification(request: HttpRequest, id: str) -> HttpResponse:
    """Tell how far a verification is, and what it found once it has ended. Needs `audit:read`.

    `outcome` is `whole`, `broken`, or `given-up` where it never came to its end.
    """
    require_scope(request.auth, "verify record", "audit:read")
    return reply(verification_out(*find_check(id)))


def outcome_of(found: Outcome) -> str:
    """Return in one word what a verification found."""
    return "given-up" if found.given_up else str(found.told["outcome"])


def verification_out(check: Check, found: Outcome | None) -> VerificationOut:
    """Put a verification and what it found into one document."""
    outcome = None if found is None else outcome_of(found)
    return VerificationOut(
        id=check.pk,
        requested_by=Person(id=check.requested_by, name=check.requested_by_name),
        requested_at=check.requested_at,
        checked=check.checked,
        total=check.total,
        finished_at=check.finished_at,
        line=check.line,
        outcome=outcome,
        result=None if found is None or found.given_up else found.told,
    )
