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

    code: str = Field(description="Of the refusal: `state`, `held`, `permission` or another.")
    why: str = Field(description="A sentence for people.")
    number: CountOut = Field(description="How many runs.")
    examples: list[uuid.UUID] = Field(description="Ids of some of them.")


class BulkPreviewOut(Schema):
    """What a bulk command would do now. `below`: unfinished runs below those, which it would reach as well."""

    command: str = Field(description="Its name.")
    matched: CountOut = Field(description="Runs that were chosen.")
    eligible: int = Field(description="Runs on which it would be carried out; send it as `expected`.")
    by_state: dict[str, int] = Field(description="Those, by state.")
    left_out: list[GroupOut] = Field(description="The others, by reason.")
    below: CountOut = Field(description="Unfinished runs below those, which it would reach as well.")
    too_many: bool = Field(description="There are more than one job may have.")


class BulkOut(Schema):
    """A bulk job. `left`: runs that it has not come to, or, once it has ended, left as they were."""

    id: uuid.UUID = Field(description="Of the job.")
    command: str = Field(description="Its name, such as `pause`.")
    arguments: dict[str, Any] = Field(description="What it takes besides runs and reason.")
    reason: str = Field(description="Why, as it was given.")
    selector: dict[str, Any] = Field(
        description="How the runs were chosen: the filter, the earlier job, or the number of ids."
    )
    rate: float | None = Field(description="Runs per second at most; null for as fast as can be.")
    state: str = Field(description="`running`, `finished`, or `stopped` before its end.")
    total: int = Field(description="Runs of the job.")
    done: int = Field(description="Runs on which it was carried out.")
    refused: int = Field(description="Runs that refused, by the rules or by what happened meanwhile.")
    left: int = Field(description="Runs that it has not come to; once it has ended, runs left as they were.")
    requested_by: Person = Field(description="Who gave it.")
    requested_via: str = Field(description="Through which door.")
    requested_at: Moment = Field(description="When.")
    stopped_by: Person | None = Field(description="Who stopped it; null where nobody did.")
    finished_at: Moment | None = Field(description="When it came to its end or was stopped; null while it runs.")


class BulkItemOut(Schema):
    """One run of a job: `outcome` is `done`, `refused`, or null while the job has not come to it."""

    execution: uuid.UUID = Field(description="Id of the run.")
    title: str = Field(description="What it is called.")
    position: int = Field(description="In the order of the job: the run launched first comes first.")
    outcome: str | None = Field(description="`done`, `refused`, or null while the job has not come to it.")
    code: str = Field(description="Of the refusal; else empty.")
    detail: str = Field(description="What the command answered; empty where that says nothing.")
    hold: uuid.UUID | None = Field(description="The hold that it placed; null where it placed none.")
    state: str = Field(description="The run's state now.")
    done_at: Moment | None = Field(description="When it was this run's turn; null before.")


class BulkList(Schema):
    """A page of jobs, newest first."""

    items: list[BulkOut] = Field(description="The jobs of this page.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class BulkItemList(Schema):
    """A page of a job's runs, in its order."""

    items: list[BulkItemOut] = Field(description="The runs of this page.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


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
