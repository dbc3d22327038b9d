"""What is known of one run, for an auditor: its ledger and the rows beside it, in a constant number of queries."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from executions.models import Event, Execution, Freeze, Hold, Ledger, Suspension
from executions.models.event import ROUTINE_KINDS
from executions.provenance.jsontext import to_json
from executions.provenance.reading import read
from executions.queries.freezes import freezes_over
from executions.queries.one_run import FileHistory, files_of, holds_of, questions_of

MOST_ACTS = 500
"""Lines listed; a run has rarely fifty. The export has all of them."""
BY_RULES = (
    "hold.placed",
    "hold.released",
    "hold.overdue",
    "suspension.answered",
    "suspension.expired",
    "suspension.escalated",
    "freeze.applied",
    "trigger.fired",
    "sla.breached",
    "budget.exceeded",
    "step.failed",
    "execution.succeeded",
    "execution.failed",
    "execution.cancelled",
)
"""What the engine decided by rules that people gave it, and how the run ended: listed beside what people did."""
CORRECTING = ("payload.amended", "file.replaced")


@dataclass(frozen=True, slots=True)
class Correction:
    """One field or file that somebody changed.

    Args:
        event: the line that tells of it.
        what: ``payload`` or ``file``.
        name: of the field or the file.
        before, after: as JSON; empty where there was nothing, and for files.
        before_digest, after_digest: sha256 of that JSON, or of the file's bytes; empty where there was nothing.
    """

    event: Event
    what: str
    name: str
    before: str
    after: str
    before_digest: str
    after_digest: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one run.

    Args:
        execution: the run.
        acts: what people, programs and rules did with it, oldest first, refused attempts too.
        more_acts: there are more than are listed.
        corrections: what was changed by hand.
        holds, freezes, questions, files: every one that there ever was.
        children: how many runs it launched itself.
        lines: of its ledger, by its head.
        digest: the head's digest, hexadecimal: of the last line, and through it of all.
    """

    execution: Execution
    acts: list[Event]
    more_acts: bool
    corrections: list[Correction]
    holds: list[Hold]
    freezes: list[Freeze]
    questions: list[Suspension]
    files: list[FileHistory]
    children: int
    lines: int
    digest: str


def evidence_of(execution: Execution) -> Evidence:
    """Gather what is known of a run.

    Args:
        execution: the run.
    """
    acts = Event.objects.filter(ledger=execution.pk).filter(~Q(via="engine") | Q(kind__in=BY_RULES))
    listed = list(acts.exclude(kind__in=ROUTINE_KINDS).order_by("seq")[: MOST_ACTS + 1])
    head = Ledger.objects.filter(pk=execution.pk).first()
    return Evidence(
        execution=execution,
        acts=listed[:MOST_ACTS],
        more_acts=len(listed) > MOST_ACTS,
        corrections=[found for event in listed[:MOST_ACTS] for found in _corrections(event)],
        holds=sorted(holds_of(execution), key=lambda hold: hold.placed_at),
        freezes=sorted(freezes_over(execution), key=lambda freeze: freeze.placed_at),
        questions=sorted(questions_of(execution), key=lambda asked: asked.opened_at),
        files=files_of(execution),
        children=execution.children.count(),
        lines=head.seq if head else 0,
        digest=bytes(head.digest).hex() if head else "",
    )


def _corrections(event: Event) -> Iterator[Correction]:
    if event.kind not in CORRECTING:
        return
    told = read(event.kind, event.data)
    if told is None:
        return  # the act itself is told as altered
    if event.kind == "file.replaced":
        yield Correction(event, "file", told["name"], "", "", told["before"] or "", told["sha256"])
        return
    before = told["before"]
    for name, value in told["changes"].items():
        old, new = to_json(before[name]) if name in before else "", to_json(value)
        yield Correction(event, "payload", name, old, new, _digest(old), _digest(new))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest() if text else ""
