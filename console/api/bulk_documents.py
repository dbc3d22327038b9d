"""What goes in and comes out of bulk commands."""

import uuid
from typing import Any

from ninja import Field, Schema

from console.api.bodies import Body
from console.api.documents import CountOut
from console.api.parts import Moment, Person, RunId, one_of
from console.api.run_choice import BulkFilter
from executions.commands.in_bulk import ACTS
from executions.models import BulkItem, BulkJob
from executions.queries.bulk import BulkPreview


class BulkBody(Body):
    """One command for many runs: those of `ids`, of `filter` or of an earlier `job`."""

    command: one_of(ACTS) = Field(description="Which command.", examples=["pause"])  # type: ignore[valid-type]
    reason: str = Field("", description="Why. Not blank, but for `resume`.", examples=["The bank is down"])
    ids: list[RunId] | None = Field(None, description="These runs; each gets an outcome.")
    filter: BulkFilter | None = Field(None, description="Runs that match and whose state allows the command, now.")
    job: RunId | None = Field(None, description="Runs on which this earlier job was carried out.")
    rate: float | None = Field(
        None, ge=0.01, le=10_000, description="Runs per second, 0.01 to 10,000; as fast as can be else."
    )
    arguments: dict[str, Any] = Field({}, description="What the command takes besides; see the reference.")
    expected: int | None = Field(None, description="How many you were told of; refused (412) when it is many more now.")
    dry_run: bool = Field(False, description="Only tell what would happen.")


class StopBody(Body):
    """Stop a bulk job."""

    reason: str = Field("", description="Why, if there is something to say.")


class GroupOut(Schema):
    """Runs on which it would not be carried out, all for the same reason."""

    code: str
    why: str
    number: CountOut
    examples: list[uuid.UUID]


class BulkPreviewOut(Schema):
    """What a bulk command would do now. `below`: unfinished runs below those, which it would reach as well."""

    command: str
    matched: CountOut
    eligible: int
    by_state: dict[str, int]
    left_out: list[GroupOut]
    below: CountOut
    too_many: bool


class BulkOut(Schema):
    """A bulk job. `left`: runs that it has not come to, or, once it has ended, left as they were."""

    id: uuid.UUID
    command: str
    arguments: dict[str, Any]
    reason: str
    selector: dict[str, Any]
    rate: float | None
    state: str
    total: int
    done: int
    refused: int
    left: int
    requested_by: Person
    requested_via: str
    requested_at: Moment
    stopped_by: Person | None
    finished_at: Moment | None


class BulkItemOut(Schema):
    """One run of a job: `outcome` is `done`, `refused`, or null while the job has not come to it."""

    execution: uuid.UUID
    title: str
    position: int
    outcome: str | None
    code: str
    detail: str
    hold: uuid.UUID | None
    state: str
    done_at: Moment | None


class BulkList(Schema):
    """A page of jobs, newest first."""

    items: list[BulkOut]
    next: str | None


class BulkItemList(Schema):
    """A page of a job's runs, in its order."""

    items: list[BulkItemOut]
    next: str | None


def bulk_out(job: BulkJob) -> BulkOut:
    """Describe a job."""
    return BulkOut(
        id=job.pk,
        command=job.command,
        arguments=job.arguments,
        reason=job.reason,
        selector=job.selector,
        rate=job.rate,
        state=job.state,
        total=job.total,
        done=job.done,
        refused=job.refused,
        left=job.left,
        requested_by=Person(id=job.requested_by, name=job.requested_by_name),
        requested_via=job.requested_via,
        requested_at=job.requested_at,
        stopped_by=Person(id=job.stopped_by, name=job.stopped_by_name or "") if job.stopped_by else None,
        finished_at=job.finished_at,
    )


def item_out(item: BulkItem) -> BulkItemOut:
    """Describe what became of a run; its state is the one it has now."""
    return BulkItemOut(
        execution=item.execution_id,
        title=item.execution.title,
        position=item.position,
        outcome=item.outcome,
        code=item.code,
        detail=item.detail,
        hold=item.hold,
        state=item.execution.state,
        done_at=item.done_at,
    )


def preview_out(preview: BulkPreview) -> BulkPreviewOut:
    """Describe what a bulk command would do."""
    return BulkPreviewOut(
        command=preview.act.name,
        matched=CountOut(number=preview.matched.number, capped=preview.matched.capped),
        eligible=preview.eligible,
        by_state=preview.by_state,
        left_out=[
            GroupOut(
                code=group.code,
                why=group.why,
                number=CountOut(number=group.number.number, capped=group.number.capped),
                examples=[run.pk for run in group.examples],
            )
            for group in preview.groups
        ],
        below=CountOut(number=preview.below.number, capped=preview.below.capped),
        too_many=preview.too_many,
    )
