"""Boundaries of a run: the moments it can be sent back to or forked from, replayed from its history.

The history is the truth: payload, route and files of any moment follow from the lines up to it, in one ordered query.
"""

import datetime
from dataclasses import dataclass, field
from typing import Any

from executions.errors import Conflict, Invalid
from executions.models import Event, Execution
from executions.provenance.reading import read

LAUNCHED, FINISHED, SKIPPED, RETRIED = (
    "execution.launched",
    "step.finished",
    "step.skipped",
    "execution.retried",
)
BOUNDARY_KINDS = (LAUNCHED, FINISHED, SKIPPED, RETRIED)
"""Lines after which everything needed to go on is known."""
CORRECTIONS = {"payload.amended": "changes", "execution.resumed": "data"}
"""What people change in a payload: kind → where its data hold the fields."""
REPLAYED = (*BOUNDARY_KINDS, *CORRECTIONS, "file.replaced")


@dataclass(frozen=True, slots=True)
class Boundary:
    """A line of the history that a run can be forked from.

    Args:
        seq: number of the line.
        kind: one of ``BOUNDARY_KINDS``.
        position: boundaries passed, as of then: the position of the step that came next.
        step: the step that ended there; None for a launch, the step it went back to for a retry.
        at: when.
        undone: the run was sent back to before it later, so that it is no longer on the run's way.
    """

    seq: int
    kind: str
    position: int
    step: str | None
    at: datetime.datetime
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """What a run would have gone on from at some line of its history.

    Args:
        seq: the last line that counts.
        position: boundaries passed.
        payload: the next step's input.
        ahead: names of the steps ahead; the first is next.
        files: file name → number of the version in use.
    """

    seq: int
    position: int
    payload: dict[str, Any]
    ahead: list[str]
    files: dict[str, int]


@dataclass(slots=True)
class Replay:
    """A history folded line by line. What machines changed is kept apart from what people did, by position.

    Args:
        seq: the last line that was taken in.
        position: boundaries passed.
        launched: the payload at the launch.
        changes: position of the step that made them (None for a person's correction) and the changed fields, in order.
        routes: position → the steps ahead there.
        ran: position → the step that ended there, finished or skipped.
        files: file name → number of the version in use.
    """

    seq: int = 0
    position: int = 0
    launched: dict[str, Any] = field(default_factory=dict)
    changes: list[tuple[int | None, dict[str, Any]]] = field(default_factory=list)
    routes: dict[int, list[str]] = field(default_factory=dict)
    ran: dict[int, str] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)

    def take(self, seq: int, kind: str, data: dict[str, Any]) -> None:
        """Take one line in."""
        self.seq = seq
        if kind == LAUNCHED:
            self.launched, self.routes[0] = data["payload"], data["ahead"]
            self.files = {file["name"]: 1 for file in data["files"]}
        elif kind in (FINISHED, SKIPPED):
            self._pass(data)
        elif kind == RETRIED:
            self.go_back(data["position"])
        elif kind in CORRECTIONS:
            self.changes.append((None, data.get(CORRECTIONS[kind]) or {}))
        else:
            self.files[data["name"]] = data["version"]

    def _pass(self, data: dict[str, Any]) -> None:
        position = data["position"]
        changes = data.get("changes") or data.get("result") or {}
        if position not in self.routes:
            raise _unreadable(self.seq)
        if changes:
            self.changes.append((position, changes))
        self.ran[position] = data["step"]
        self.position = position + 1
        # A step that changed its route says so; else the rest of the route is ahead.
        self.routes[self.position] = data["ahead"] if "ahead" in data else self.routes[position][1:]

    def go_back(self, position: int) -> None:
        """Forget what steps did from a position on; what people corrected stays, in its order."""
        if position not in self.routes:
            raise _unreadable(self.seq)
        self.changes = [(by, changes) for by, changes in self.changes if by is None or by < position]
        self.routes = {at: ahead for at, ahead in self.routes.items() if at <= position}
        self.ran = {at: step for at, step in self.ran.items() if at < position}
        self.position = position

    def now(self) -> Moment:
        """Return what the run would go on from after the lines taken in."""
        if self.position not in self.routes:
            raise _unreadable(self.seq)
        payload = dict(self.launched)
        for _, changes in self.changes:
            payload |= changes
        return Moment(self.seq, self.position, payload, list(self.routes[self.position]), dict(self.files))


def replay(execution: Execution, seq: int | None = None) -> Replay:
    """Fold a run's history.

    Args:
        execution: the run.
        seq: the last line that counts; the newest where None.

    Raises:
        Conflict: somebody altered a line on the way, so that nobody knows what the run went on from.
    """
    lines = Event.objects.filter(ledger=execution.pk, kind__in=REPLAYED)
    if seq is not None:
        lines = lines.filter(seq__lte=seq)
    folded = Replay()
    for number, kind, data in lines.order_by("seq").values_list("seq", "kind", "data").iterator(chunk_size=2000):
        told = read(kind, data)
        if told is None:
            raise _unreadable(number)
        folded.take(number, kind, told)
    return folded


def _unreadable(seq: int) -> Conflict:
    why = "so what the run went on from is not known. Verify the record, and choose a boundary before that line."
    return Conflict(f"Line {seq} of the history is altered: it does not say what such a line says, {why}")


def state_at(execution: Execution, seq: int | None = None) -> Moment:
    """Return what a run would have gone on from at a boundary.

    Args:
        execution: the run.
        seq: number of a line that is a boundary; as it stands now, corrections included, where None.

    Raises:
        Invalid: that line is no boundary.
        Conflict: somebody altered a line on the way there.
    """
    if seq is not None:
        kinds = Event.objects.filter(ledger=execution.pk, seq=seq if 0 <= seq < 2**63 else 0)
        if kinds.values_list("kind", flat=True).first() not in BOUNDARY_KINDS:
            known = ", ".join(str(boundary.seq) for boundary in reversed(boundaries(execution, limit=20)))
            problem = f"Line {seq} of the history is no boundary. The latest ones: {known}."
            raise Invalid(problem, errors={"from_seq": [problem]})
    return replay(execution, seq).now()


def boundaries(execution: Execution, limit: int = 50) -> list[Boundary]:
    """Return a run's latest boundaries, newest first; a line that somebody altered is none.

    Args:
        execution: the run.
        limit: most boundaries.
    """
    lines = Event.objects.filter(ledger=execution.pk, kind__in=BOUNDARY_KINDS).order_by("-seq")[:limit]
    found = []
    # Newest first: a line of a position that some later retry went back to, or before, is undone.
    gone_back = execution.steps_done
    for line in lines:
        data = read(line.kind, line.data)
        if data is None:
            continue
        position = data["position"] if line.kind == RETRIED else 0 if line.kind == LAUNCHED else data["position"] + 1
        found.append(Boundary(line.seq, line.kind, position, data.get("step"), line.at, undone=position > gone_back))
        if line.kind == RETRIED:
            gone_back = min(gone_back, position)
    return found
