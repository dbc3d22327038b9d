"""The documents of a run's past."""

import uuid
from typing import Any, Literal

from ninja import Field, Schema

from console.api.documents import FileOut, FreezeOut, HoldOut
from console.api.event_shapes import EventOut
from console.api.parts import Moment
from console.api.question_documents import SuspensionOut
from console.api.replies import BIGINT, MAX_LIMIT
from console.json_diff import Change
from executions.queries.evidence import MOST_ACTS
from executions.queries.timeline import CAP


class BoundaryQuery(Schema):
    """How many of them."""

    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="The latest so many.")


class BoundaryOut(Schema):
    """A line of the history that a run can be sent back to or forked from."""

    seq: int
    kind: str
    position: int = Field(description="Boundaries passed by then: the position of the step that came next.")
    step: str | None = Field(description="The step that ended there; null for the launch.")
    at: Moment
    undone: bool = Field(description="The run was sent back to before it later.")


class BoundaryList(Schema):
    """The latest boundaries, newest first."""

    items: list[BoundaryOut]


class MomentOut(Schema):
    """What a run would have gone on from at a boundary."""

    seq: int
    position: int
    payload: dict[str, Any]
    ahead: list[str] = Field(description="Steps ahead; the first is next.")
    files: dict[str, int] = Field(description="File name → version in use.")


class ChangesQuery(Schema):
    """Compared with what."""

    to: int | None = Field(None, ge=1, le=BIGINT, description="Another boundary; the run as it stands where left out.")


class LineOfTextOut(Schema):
    """One line of a long text, or a gap between those that are shown."""

    kind: Literal["added", "removed", "same", "gap"]
    text: str


class ChangeOut(Schema):
    """One path at which two payloads differ."""

    path: str = Field(description="As a JSON pointer.")
    kind: str = Field(description="`added`, `removed` or `changed`.")
    before: str = Field(description="As JSON, cut where long; empty where there was nothing.")
    after: str
    lines: list[LineOfTextOut] = Field(
        description="Of long texts what came and went, with two lines around; `before` and `after` are empty then."
    )


class ChangesOut(Schema):
    """What differs, in the order of the keys."""

    changes: list[ChangeOut]
    left_out: int = Field(description="How many more there are.")


def change_out(change: Change) -> ChangeOut:
    """Describe one path at which two payloads differ."""
    lines = [LineOfTextOut(kind=kind, text=text) for kind, text in change.lines]  # type: ignore[arg-type]
    return ChangeOut(path=change.path, kind=change.kind, before=change.before, after=change.after, lines=lines)


class AmendPreview(ChangesOut):
    """What an amendment would change, and the payload that it would leave."""

    id: uuid.UUID
    version: int = Field(description="Of the run as it stands, for `If-Match`.")
    payload: dict[str, Any]


class BandOut(Schema):
    """A stretch of the run's life in one state; `frozen` for one that a freeze kept in the queue."""

    state: str
    since: Moment
    until: Moment
    seq: int
    by: str
    why: str
    open: bool


class SpanOut(Schema):
    """A hold or a question from its first to its last moment."""

    id: uuid.UUID
    kind: str
    since: Moment
    until: Moment | None
    by: str
    why: str
    step: str | None
    ended_by: str
    ended_why: str
    outcome: str


class StretchOut(Schema):
    """A time in which a worker was on a step."""

    step: str
    position: int
    since: Moment
    until: Moment | None
    ended: str = Field(description="`finished`, `failed`, `left`, `lost`, `skipped`, or empty while it lasts.")
    undone: bool


class ActOut(Schema):
    """What somebody did, or was refused."""

    seq: int
    at: Moment
    kind: str
    actor: str
    role: str
    via: str
    reason: str


class TimelineOut(Schema):
    """The life of a run: its states without a gap, and beside them holds, questions, work and acts."""

    since: Moment
    until: Moment
    ended: bool
    bands: list[BandOut]
    holds: list[SpanOut]
    questions: list[SpanOut]
    work: list[StretchOut]
    acts: list[ActOut]
    left_out: bool = Field(description=f"Only the newest {CAP:,} lines were read.")


class VerifiedOut(Schema):
    """What recomputing the run's chain found."""

    whole: bool
    events: int
    problems: list[dict[str, Any]]


class CorrectionOut(Schema):
    """A field or a file that somebody changed."""

    seq: int
    what: str
    name: str
    before: str
    after: str
    before_digest: str
    after_digest: str


class EvidenceOut(Schema):
    """All that an auditor asks about a run."""

    id: uuid.UUID
    lines: int
    digest: str = Field(description="Of the last line, and through it of all.")
    verified: VerifiedOut
    acts: list[EventOut] = Field(description=f"What people and rules did, oldest first; the first {MOST_ACTS}.")
    more_acts: bool
    corrections: list[CorrectionOut]
    holds: list[HoldOut]
    freezes: list[FreezeOut]
    suspensions: list[SuspensionOut]
    files: list[FileOut]
    children: int
    export: str = Field(description="Where the whole ledger can be had, with `audit:read`.")
