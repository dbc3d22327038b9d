"""What the life of a run is made of, as ``timeline_of`` returns it."""

import datetime
from dataclasses import dataclass, field
from typing import Any

ALTERED = "altered"
"""In the place of its kind: a line that somebody altered, so that what it said is not known. It changes no fact."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the history with the part of its data that a timeline needs."""

    seq: int
    at: datetime.datetime
    kind: str
    actor: str
    role: str
    via: str
    reason: str
    data: dict[str, Any]

    @property
    def by_person(self) -> bool:
        """A person or a program did it, not the engine by itself; so it is of a line that somebody altered."""
        return self.via != "engine" or self.kind == ALTERED


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the run's life in one state.

    Args:
        state: one of ``states.STATES``, or ``frozen`` for a queued run that a freeze kept.
        since, until: from and to when (aware).
        seq: the line it began with.
        by, why: whose hold, question or freeze it was, where there was one.
        open: it lasts still.
    """

    state: str
    since: datetime.datetime
    until: datetime.datetime
    seq: int
    by: str = ""
    why: str = ""
    open: bool = False

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return max(0.0, (self.until - self.since).total_seconds())


@dataclass(slots=True)
class Span:
    """A hold or a question from its first to its last moment.

    Args:
        id: of the hold or question.
        kind: ``operator``, ``compliance`` or ``policy`` for a hold; ``input``, ``approval``, ``event``, ``time`` or
            ``children`` for a question.
        since: when it was placed or asked.
        seq: with which line; 0 where that line was not read.
        by: who placed it; empty for a question.
        why: the reason, or the question's title.
        step: the breakpoint's step, or the step that asks.
        until: when it ended; None while it is open.
        end_seq: with which line.
        ended_by, ended_why, outcome: who let the run go on or answered, what they said, and how it ended.
    """

    id: str
    kind: str
    since: datetime.datetime
    seq: int
    by: str
    why: str
    step: str | None = None
    until: datetime.datetime | None = None
    end_seq: int = 0
    ended_by: str = ""
    ended_why: str = ""
    outcome: str = ""


@dataclass(slots=True)
class Stretch:
    """A time in which a worker was on a step.

    Args:
        step: its name.
        position: boundaries passed before it.
        since, until: from and to when; ``until`` is None while a worker is on it.
        seq: the line that ended it, or began it while it lasts.
        ended: ``finished``, ``failed``, ``left``, ``lost``, ``skipped`` or empty.
        undone: the run was sent back to before its end later, so that it counts no more.
    """

    step: str
    position: int
    since: datetime.datetime
    seq: int
    until: datetime.datetime | None = None
    ended: str = ""
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """The life of a run.

    Args:
        since: its launch, or the first line that was read.
        until: its end, or now.
        ended: it has finished.
        bands: its states, one after the other without a gap.
        holds, questions: in the order in which they began.
        stretches: where it worked, in order.
        acts: what people and programs did, in order; refused attempts too.
        left_out: the history is longer than what was read, so that the beginning is missing.
    """

    since: datetime.datetime
    until: datetime.datetime
    ended: bool
    bands: list[Band]
    holds: list[Span] = field(default_factory=list)
    questions: list[Span] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    acts: list[Line] = field(default_factory=list)
    left_out: bool = False
