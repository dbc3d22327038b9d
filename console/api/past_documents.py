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

    seq: int = Field(description="Of the line.")
    kind: str = Field(description="Of the line, such as `step.finished`.")
    position: int = Field(description="Boundaries passed by then: the position of the step that came next.")
    step: str | None = Field(description="The step that ended there; null for the launch.")
    at: Moment = Field(description="When it was passed.")
    undone: bool = Field(description="The run was sent back to before it later.")


class BoundaryList(Schema):
    """The latest boundaries, newest first."""

    items: list[BoundaryOut] = Field(description="The boundaries, newest first.")


class MomentOut(Schema):
    """What a run would have gone on from at a boundary."""

    seq: int = Field(description="Of the line.")
    position: int = Field(description="Boundaries passed by then.")
    payload: dict[str, Any] = Field(description="What the run carried.")
    ahead: list[str] = Field(description="Steps ahead; the first is next.")
    files: dict[str, int] = Field(description="File name → version in use.")


class ChangesQuery(Schema):
    """Compared with what."""

    to: int | None = Field(None, ge=1, le=BIGINT, description="Another boundary; the run as it stands where left out.")


class LineOfTextOut(Schema):
    """One line of a long text, or a gap between those that are shown."""

    kind: Literal["added", "removed", "same", "gap"] = Field(
        description="Whether it came, went or stayed; `gap` for lines that are left out."
    )
    text: str = Field(description="Without a sign.")


class ChangeOut(Schema):
    """One path at which two payloads differ."""

    path: str = Field(description="As a JSON pointer.")
    kind: str = Field(description="`added`, `removed` or `changed`.")
    before: str = Field(description="As JSON, cut where long; empty where there was nothing.")
    after: str = Field(description="The same, as it is then.")
    lines: list[LineOfTextOut] = Field(
        description="Of long texts what came and went, with two lines around; `before` and `after` are empty then."
    )


class ChangesOut(Schema):
    """What differs, in the order of the keys."""

    changes: list[ChangeOut] = Field(description="What differs; the first 200.")
    left_out: int = Field(description="How many more there are.")


def change_out(change: Change) -> ChangeOut:
    """Describe one path at which two payloads differ."""
    lines = [LineOfTextOut(kind=kind, text=text) for kind, text in change.lines]  # type: ignore[arg-type]
    return ChangeOut(path=change.path, kind=change.kind, before=change.before, after=change.after, lines=lines)


class AmendPreview(ChangesOut):
    """What an amendment would change, and the payload that it would leave."""

    id: uuid.UUID = Field(description="Of the run.")
    version: int = Field(description="Of the run as it stands, for `If-Match`.")
    payload: dict[str, Any] = Field(description="As it would be.")


class BandOut(Schema):
    """A stretch of the run's life in one state; `frozen` for one that a freeze kept in the queue."""

    state: str = Field(description="A state of runs, or `frozen`.")
    since: Moment = Field(description="When it began.")
    until: Moment = Field(description="When it ended; the moment of the answer where it lasts.")
    seq: int = Field(description="The line it began with.")
    by: str = Field(description="Whose hold, question or freeze it was; empty where there was none.")
    why: str = Field(description="The reason, or the question's title; empty where there was none.")
    open: bool = Field(description="It lasts still.")


class SpanOut(Schema):
    """A hold or a question from its first to its last moment."""

    id: uuid.UUID = Field(description="Of the hold or the question.")
    kind: str = Field(description="Of the hold or the question, such as `compliance` or `approval`.")
    since: Moment = Field(description="When it was placed or asked.")
    until: Moment | None = Field(description="When it ended; null while it is open.")
    by: str = Field(description="Who placed it; empty for a question.")
    why: str = Field(description="The reason, or the question's title.")
    step: str | None = Field(description="The breakpoint's step, or the step that asks; null for other holds.")
    ended_by: str = Field(description="Who released or answered it; empty while it is open.")
    ended_why: str = Field(description="What they said.")
    outcome: str = Field(description="How it ended; empty while it is open.")


class StretchOut(Schema):
    """A time in which a worker was on a step."""

    step: str = Field(description="Its name.")
    position: int = Field(description="Boundaries passed before it.")
    since: Moment = Field(description="When the worker began.")
    until: Moment | None = Field(description="When it ended; null while it lasts.")
    ended: str = Field(description="`finished`, `failed`, `left`, `lost`, `skipped`, or empty while it lasts.")
    undone: bool = Field(description="The run was sent back to before its end later, so that it counts no more.")


class ActOut(Schema):
    """What somebody did, or was refused."""

    seq: int = Field(description="Of the line.")
    at: Moment = Field(description="When.")
    kind: str = Field(
        description="What was done, such as `hold.placed`; `command.denied` for what was refused, `altered` for a line "
        "whose data are not those of its kind any more."
    )
    actor: str = Field(description="Who did it, by name.")
    role: str = Field(description="Their role at the time.")
    via: str = Field(description="Through which door.")
    reason: str = Field(description="Why, in their words.")


class TimelineOut(Schema):
    """The life of a run: its states without a gap, and beside them holds, questions, work and acts."""

    since: Moment = Field(description="The launch, or the first line that was read.")
    until: Moment = Field(description="The end, or the moment of the answer.")
    ended: bool = Field(description="The run has finished.")
    bands: list[BandOut] = Field(description="Its states in turn, without a gap.")
    holds: list[SpanOut] = Field(description="Holds, in the order in which they were placed.")
    questions: list[SpanOut] = Field(description="Questions, in the order in which they were asked.")
    work: list[StretchOut] = Field(description="Times in which a worker was on a step.")
    acts: list[ActOut] = Field(description="What people and rules did.")
    left_out: bool = Field(description=f"Only the newest {CAP:,} lines were read.")


class VerifiedOut(Schema):
    """What recomputing the run's chain found."""

    whole: bool = Field(description="Nothing was changed, taken out or put in.")
    events: int = Field(description="Lines that were recomputed.")
    problems: list[dict[str, Any]] = Field(
        description="`ledger`, `seq`, `what` and `detail` of the first bad line of each history that is not whole, "
        "twenty at most."
    )


class CorrectionOut(Schema):
    """A field or a file that somebody changed."""

    seq: int = Field(description="The line that tells of it.")
    what: str = Field(description="`payload` or `file`.")
    name: str = Field(description="Of the field or the file.")
    before: str = Field(description="As JSON; empty where there was nothing, and for files.")
    after: str = Field(description="The same, afterwards.")
    before_digest: str = Field(
        description="SHA-256 of that JSON, or of the file's bytes; empty where there was nothing."
    )
    after_digest: str = Field(description="The same, afterwards.")


class EvidenceOut(Schema):
    """All that an auditor asks about a run."""

    id: uuid.UUID = Field(description="Of the run.")
    lines: int = Field(description="How many its history has.")
    digest: str = Field(description="Of the last line, and through it of all.")
    verified: VerifiedOut = Field(description="What recomputing its chain found.")
    acts: list[EventOut] = Field(description=f"What people and rules did, oldest first; the first {MOST_ACTS}.")
    more_acts: bool = Field(description="There are further acts.")
    corrections: list[CorrectionOut] = Field(description="What was changed by hand, oldest first.")
    holds: list[HoldOut] = Field(description="Every hold it had, with its notes.")
    freezes: list[FreezeOut] = Field(description="Every freeze that overlapped its life.")
    suspensions: list[SuspensionOut] = Field(description="Every question it asked.")
    files: list[FileOut] = Field(description="Its files with their versions.")
    children: int = Field(description="How many runs its steps launched.")
    export: str = Field(description="Where the whole ledger can be had, with `audit:read`.")
