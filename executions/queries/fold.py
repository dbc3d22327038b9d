"""A run's lines folded into its life: the facts after each of them, and from those the state, by ``states``."""

import datetime
from collections.abc import Callable
from dataclasses import replace

from executions import states
from executions.models import Execution
from executions.queries.life import Band, Line, Span, Stretch, Timeline

WENT = {
    "execution.paused": "left",
    "execution.yielded": "left",
    "freeze.applied": "left",
    "suspension.opened": "left",
    "step.failed": "failed",
    "lease.expired": "lost",
    "clean_up.failed": "failed",
    "execution.cancelled": "left",
    "execution.failed": "failed",
    "execution.succeeded": "finished",
}
"""Lines with which a worker lets go of a run, and how that ends what it was on."""
AT_BOUNDARY = ("execution.paused", "execution.yielded", "freeze.applied", "execution.succeeded")
"""Those of them that say ``mid_step`` where the run was not at a boundary."""
ENDED = {
    "suspension.answered": "answered",
    "suspension.expired": "expired",
    "suspension.withdrawn": "withdrawn",
}
OUTCOMES = {f"execution.{outcome}": outcome for outcome in states.FINISHED}
BETWEEN_SECONDS = 0.05


class Fold:
    """Takes a run's lines in order.

    Args:
        execution: the run as it stands now; where the lines end.
        lines: oldest first.
    """

    def __init__(self, execution: Execution, lines: list[Line]) -> None:
        self.execution = execution
        self.lines = lines
        self.bands: list[Band] = []
        self.stretches: list[Stretch] = []
        self.holds: dict[str, Span] = {}
        self.questions: dict[str, Span] = {}
        self.leased = _began_leased(lines)
        # What had come about before the first line, if that is not the launch.
        told = {line.kind for line in lines}
        self.cancelling = execution.cancel_requested_at is not None and "execution.cancel_requested" not in told
        self.outcome = execution.outcome if not told & OUTCOMES.keys() else None
        self.position = 0
        self.cause: Line | None = None
        self.number = 0
        self.next_steps = next_steps(lines, execution.next_step)

    def open_hold(self, span: Span) -> None:
        """Take in a hold that was open before the first line."""
        self.holds[span.id] = span

    def open_question(self, span: Span) -> None:
        """Take in a question that was open before the first line."""
        self.questions[span.id] = span

    def life(self, now: datetime.datetime) -> Timeline:
        """Fold all lines.

        Args:
            now: where the life of a run that has not finished ends for the time being.
        """
        since = self.lines[0].at
        if self.lines[0].kind == "execution.launched":
            since = self.execution.created_at
        if self.leased:
            self._begin(self.lines[0])
        for number, line in enumerate(self.lines):
            self.number = number
            self._take(line)
            self._band(line, line.at if number else since, self.next_steps[number])
        last = self.bands[-1]
        ended = last.state in states.FINISHED
        until = last.since if ended else max(now, last.since)
        self.bands[-1] = replace(last, until=until, open=not ended)
        lived = self.bands[:-1] if ended and len(self.bands) > 1 else self.bands
        return Timeline(
            since,
            until,
            ended,
            _settled(lived),
            sorted(self.holds.values(), key=lambda span: span.since),
            sorted(self.questions.values(), key=lambda span: span.since),
            self.stretches,
            [line for line in self.lines if line.by_person],
        )

    def _take(self, line: Line) -> None:
        handler = _HANDLERS.get(line.kind)
        if handler is not None:
            handler(self, line)
        if line.kind in OUTCOMES:
            self.outcome = OUTCOMES[line.kind]
        if line.kind in WENT and self.leased:
            self._end(line, WENT[line.kind])
            self.leased = False

    def _band(self, line: Line, at: datetime.datetime, next_step: str | None) -> None:
        state, cause = self._state(next_step)
        if self.bands:
            last = self.bands[-1]
            same = state == states.CANCELLING or (last.by, last.why) == _who(cause, line, state)
            if last.state == state and same:
                return
            self.bands[-1] = replace(last, until=at)
        by, why = _who(cause, line, state)
        self.bands.append(Band(state, at, at, line.seq, by, why))

    def _state(self, next_step: str | None) -> tuple[str, Span | None]:
        placed = [span for span in self.holds.values() if span.until is None]
        standing = [span for span in placed if span.step is None]
        at_breakpoint = [span for span in placed if span.step is not None and span.step == next_step]
        asking = [span for span in self.questions.values() if span.until is None]
        state = states.state_of(
            states.Facts(
                outcome=self.outcome,
                cancel_requested=self.cancelling,
                leased=self.leased,
                open_holds=len(standing),
                at_breakpoint=bool(at_breakpoint),
                open_suspensions=len(asking),
            )
        )
        causes = {states.SUSPENDED: asking, states.PAUSED: standing or at_breakpoint, states.PAUSING: standing}
        return state, next(iter(causes.get(state, ())), None)

    # One line of each kind
    def _leased(self, line: Line) -> None:
        self.leased = True
        self.position = line.data.get("position", self.position)
        self._begin(line)

    def _finished(self, line: Line) -> None:
        at = line.data.get("position", self.position)
        if not self.leased and self._open_stretch() is None:
            # Its lease began before the first line that was read.
            self.stretches.append(Stretch(line.data.get("step", ""), at, self.lines[0].at, line.seq))
        self._end(line, "finished")
        self.position = at + 1
        if self.leased:
            self._begin(line, following=True)

    def _skipped(self, line: Line) -> None:
        self.outcome = None  # one that had failed goes on after the step
        at = line.data.get("position", self.position)
        self.stretches.append(Stretch(line.data.get("step", ""), at, line.at, line.seq, line.at, "skipped"))
        self.position = at + 1

    def _retried(self, line: Line) -> None:
        self.outcome = None
        self.position = line.data.get("position", self.position)
        for stretch in self.stretches:
            stretch.undone = stretch.undone or stretch.position >= self.position

    def _cancel(self, line: Line) -> None:
        self.cancelling = True

    def _placed(self, line: Line) -> None:
        data, key = line.data, line.data.get("hold", "")
        step = data.get("before_step")
        self.holds[key] = Span(key, data.get("kind", ""), line.at, line.seq, line.actor, line.reason, step)

    def _released(self, line: Line) -> None:
        self._close(self.holds.get(line.data.get("hold", "")), line, "released")

    def _asked(self, line: Line) -> None:
        data, key = line.data, line.data.get("suspension", "")
        step = data.get("step")
        self.questions[key] = Span(key, data.get("kind", ""), line.at, line.seq, "", data.get("title", ""), step)

    def _closed(self, line: Line) -> None:
        self._close(self.questions.get(line.data.get("suspension", "")), line, ENDED[line.kind])

    @staticmethod
    def _close(span: Span | None, line: Line, outcome: str) -> None:
        if span is not None and span.until is None:
            span.until, span.end_seq, span.outcome = line.at, line.seq, outcome
            span.ended_by, span.ended_why = line.actor, line.reason

    # Stretches of work
    def _open_stretch(self) -> Stretch | None:
        last = self.stretches[-1] if self.stretches else None
        return last if last is not None and last.until is None else None

    def _begin(self, line: Line, *, following: bool = False) -> None:
        step = self.next_steps[self.number] if following else line.data.get("step")
        if step is not None and not self.cancelling:
            self.stretches.append(Stretch(step, self.position, line.at, line.seq))

    def _end(self, line: Line, how: str) -> None:
        stretch = self._open_stretch()
        if stretch is None:
            return
        # Stopped at a boundary, the run never was in the step after it.
        if line.kind in AT_BOUNDARY and not line.data.get("mid_step"):
            self.stretches.remove(stretch)
            return
        stretch.until, stretch.ended, stretch.seq = line.at, how, line.seq
        if line.kind == "step.finished":
            stretch.step = line.data.get("step", stretch.step)


_HANDLERS: dict[str, Callable[[Fold, Line], None]] = {
    "lease.acquired": Fold._leased,
    "step.finished": Fold._finished,
    "step.skipped": Fold._skipped,
    "execution.retried": Fold._retried,
    "execution.cancel_requested": Fold._cancel,
    "hold.placed": Fold._placed,
    "hold.released": Fold._released,
    "suspension.opened": Fold._asked,
    **dict.fromkeys(ENDED, Fold._closed),
}


def next_steps(lines: list[Line], now: str | None) -> list[str | None]:
    """Return for each line the step that was next after it.

    Args:
        lines: oldest first.
        now: the step that is next after all of them.
    """
    if lines[0].kind != "execution.launched":
        return _as_later_lines_tell(lines, now)
    routes: dict[int, list[str]] = {0: lines[0].data["ahead"]}
    position, found = 0, []
    for line in lines:
        data = line.data
        if line.kind in ("step.finished", "step.skipped"):
            position = data["position"] + 1
            routes[position] = data["ahead"] if "ahead" in data else routes.get(data["position"], [])[1:]
        elif line.kind == "execution.retried":
            position = data["position"]
        found.append(next(iter(routes.get(position, ())), None))
    return found


def _as_later_lines_tell(lines: list[Line], now: str | None) -> list[str | None]:
    """Without the launch the route is not known; but who takes up a step, or ends it, names it."""
    found: list[str | None] = []
    for line in reversed(lines):
        found.append(now)
        if line.kind in ("lease.acquired", "step.finished", "step.skipped", "step.failed"):
            now = line.data.get("step")
        elif line.kind == "execution.retried":
            now = None
    return found[::-1]


def _began_leased(lines: list[Line]) -> bool:
    """Tell whether a worker was on the run before the first line: the first line about a worker is one of its own."""
    for line in lines:
        if line.kind in ("lease.acquired", "execution.launched"):
            return False
        if line.kind == "step.finished" or line.kind in WENT:
            return True
    return False


def _who(cause: Span | None, line: Line, state: str) -> tuple[str, str]:
    if cause is not None:
        return cause.by, cause.why
    if state == states.CANCELLING and line.kind == "execution.cancel_requested":
        return line.actor, line.reason
    return "", ""


def _settled(bands: list[Band]) -> list[Band]:
    """Leave out moments in the queue that only lie between two lines of one act, and join what they parted."""
    found: list[Band] = []
    for band in bands:
        if found and band.state == states.QUEUED and not band.open and band.seconds < BETWEEN_SECONDS:
            found[-1] = replace(found[-1], until=band.until)
        elif found and (found[-1].state, found[-1].by, found[-1].why) == (band.state, band.by, band.why):
            found[-1] = replace(found[-1], until=band.until, open=band.open)
        else:
            found.append(band)
    return found
