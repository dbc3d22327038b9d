"""What a timeline says: acts, bands and times in words."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from console.templatetags.wording import duration
from executions.provenance.kinds import KINDS
from executions.queries.life import ALTERED, Band, Line, Span

type Titles = Callable[[Any], str]
"""Step name → what people read."""


@dataclass(frozen=True, slots=True)
class Look:
    """How an act looks.

    Args:
        icon: of the micro set.
        tone: ``hold``, ``go``, ``bad``, ``change`` or empty.
        says: what was done, in the past tense.
    """

    icon: str
    tone: str
    says: str


LOOKS = {
    "execution.launched": Look("rocket-launch", "", "launched it"),
    "hold.placed": Look("pause", "hold", "paused it"),
    "hold.noted": Look("chat-bubble-bottom-center-text", "", "wrote a note"),
    "hold.handed_over": Look("user-circle", "hold", "handed a hold over"),
    "hold.released": Look("lock-open", "go", "released a hold"),
    "execution.resumed": Look("play", "go", "resumed it"),
    "suspension.answered": Look("check", "go", "answered"),
    "suspension.voted": Look("check", "change", "approved, others must too"),
    "payload.amended": Look("pencil-square", "change", "amended the payload"),
    "file.replaced": Look("document-arrow-up", "change", "replaced a file"),
    "execution.cancel_requested": Look("x-circle", "bad", "cancelled it"),
    "execution.retried": Look("arrow-uturn-left", "change", "took it up again"),
    "step.skipped": Look("forward", "change", "skipped a step"),
    "execution.forked": Look("arrows-right-left", "change", "forked it"),
    "sla.extended": Look("clock", "change", "gave it more time"),
    "budget.extended": Look("banknotes", "change", "let it spend more"),
    "trigger.fired": Look("bolt", "go", "met a condition"),
    "command.denied": Look("no-symbol", "bad", "was refused"),
    ALTERED: Look("shield-exclamation", "bad", "is named in a line that was altered"),
}
BAND_WORDS = {
    "queued": "Queued",
    "processing": "Working",
    "pausing": "Pausing",
    "paused": "Paused",
    "suspended": "Waits",
    "frozen": "Frozen",
    "cancelling": "Cancelling",
    "failed": "Failed",
}


def look_of(line: Line) -> Look:
    """Return how an act looks; one of a kind that is not known here is named by its title."""
    data = line.data
    if line.kind == "hold.placed" and data.get("before_step"):
        return Look("flag", "hold", "set a breakpoint")
    if line.kind == "hold.placed" and data.get("kind") == "compliance":
        return Look("hand-raised", "hold", "placed a compliance hold")
    if line.kind == "command.denied":
        return Look("no-symbol", "bad", f"was refused: {data.get('command') or 'a command'}")
    kind = KINDS.get(line.kind)
    return LOOKS.get(line.kind) or Look("user", "", (kind.title if kind else line.kind).lower())


def act_sentence(line: Line) -> str:
    """Say who did what, and why."""
    why = f": {line.reason}" if line.reason else ""
    return f"{line.actor} {look_of(line).says}{why}"


def band_sentence(band: Band) -> str:
    """Say what state it was in, whose doing that was and how long it lasted."""
    by = f" by {band.by}" if band.by else ""
    why = f": {band.why}" if band.why else ""
    return f"{BAND_WORDS.get(band.state, band.state)}{by} for {duration(band.seconds)}{why}"


def span_sentence(span: Span, title: Titles) -> str:
    """Say whose hold or which question it was, and how it ended."""
    begun = f"{span.by}: {span.why}" if span.by else span.why
    if span.kind in ("operator", "compliance", "policy") and span.step:
        begun = f"{span.by}, before {title(span.step)}: {span.why}"
    if span.until is None:
        return f"{begun} (open)"
    by = f" by {span.ended_by}" if span.ended_by else ""
    return f"{begun} ({span.outcome}{by})"


class Clock:
    """Writes moments as short as the length of a life allows.

    Args:
        since, until: the life.
    """

    def __init__(self, since: datetime.datetime, until: datetime.datetime) -> None:
        first, last = timezone.localtime(since), timezone.localtime(until)
        self.days = first.date() != last.date()
        self.seconds = (until - since).total_seconds() < 3 * 3600

    def short(self, moment: datetime.datetime) -> str:
        """Write a moment for the axis."""
        local = timezone.localtime(moment)
        return local.strftime(f"{'%-d %b ' if self.days else ''}%H:%M{':%S' if self.seconds else ''}")

    @property
    def zone(self) -> str:
        """The zone it writes in."""
        return timezone.localtime(timezone.now()).strftime("%Z")
