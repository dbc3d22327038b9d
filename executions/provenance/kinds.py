"""Every kind of event, with what its data hold. Printed as docs/reference/events.md; tests keep both complete."""

from executions.provenance.kind import Kind
from executions.provenance.kinds_of_system import SYSTEM_KINDS
from executions.provenance.kinds_of_triggers import TRIGGER_KINDS

ERROR = {
    "type": "the exception's class",
    "message": "its message",
    "traceback": "the end of its traceback",
}
HOLD = "id of the hold"
FREEZE = "id of the freeze"
STEP = "name of the step"
QUESTION = {"suspension": "id of the question", "key": "its key in the step"}

KINDS: dict[str, Kind] = {
    "execution.launched": Kind(
        "Launched",
        "A run was made.",
        {
            "workflow": "name of the workflow",
            "title": "what people call the run",
            "payload": "its input as accepted",
            "labels": "labels by name",
            "ahead": "names of the steps ahead",
            "files": "name, size and sha256 of each file",
            "not_before": "earliest start, or null",
            "priority": "0 to 9",
            "parent?": "the run that launched it, for a child",
            "parent_key?": "what that run calls it",
        },
    ),
    "children.launched": Kind(
        "Children launched",
        "A step launched one or more runs as children of this one.",
        {"step": STEP, "workflow": "their workflow", "children": "the step's key → id of the child"},
    ),
    "execution.resumed": Kind(
        "Resumed",
        "Somebody resumed the run; each hold it lifted has a `hold.released` of its own.",
        {
            "holds": "ids of the holds released",
            "trigger": "`manual` for a person, else what made it resume",
            "data": "fields merged into the payload",
            "additional_context": "what was handed to the next step besides",
        },
    ),
    "execution.paused": Kind(
        "Paused",
        "The worker has let go of the run because of a hold.",
        {
            "step?": "the step it left, where it left in the middle",
            "mid_step?": "true where it left in the middle of a step",
            "because?": "`pause`",
        },
    ),
    "execution.yielded": Kind(
        "Yielded",
        "The worker has let go of the run for another reason; the run goes on later.",
        {
            "step?": "the step it left",
            "mid_step?": "true where it left in the middle of a step",
            "because?": "`slice`, `shutdown`, `cancel`, `suspended`, or the code of a policy hold",
        },
    ),
    "execution.cancel_requested": Kind("Cancel requested", "Somebody cancelled the run; this is final.", {}),
    "execution.cancelled": Kind(
        "Cancelled",
        "The run is cancelled and its clean-up is over.",
        {"clean_up": "whether a clean-up hook ran", "clean_up_failed?": "whether it failed for good"},
    ),
    "execution.retried": Kind("Retried", "A failed run was taken up again.", {"step": "the step it goes on with"}),
    "execution.succeeded": Kind("Succeeded", "The last boundary was passed and no hold was open.", {}),
    "execution.failed": Kind(
        "Failed", "A step failed for good.", {"step": "the step that failed", "message": "the exception's message"}
    ),
    "payload.amended": Kind(
        "Payload amended",
        "Somebody changed fields of the payload.",
        {"before": "the fields' former values; a field that is new is missing", "changes": "their new values"},
    ),
    "file.replaced": Kind(
        "File replaced",
        "Somebody stored a new version of a file; the old one is kept.",
        {
            "name": "the file's name in the run",
            "size": "in bytes",
            "sha256": "of the new version",
            "version": "number of the new version",
            "before": "sha256 of the version before",
        },
    ),
    "hold.placed": Kind(
        "Hold placed",
        "Somebody, or a rule of the engine, holds the run: a pause, a compliance hold or a policy hold.",
        {
            "hold": HOLD,
            "kind": "`operator`, `compliance` or `policy`",
            "reason_code": "a word for statistics, or empty",
            "ticket": "link or number of the case elsewhere, or empty",
            "before_step": "in force only when this step is next, or null",
            "review_by": "when somebody must look again, or null",
            "blocks_cancel": "whether it forbids cancelling as well",
            "step": "the step that was next or running, or null",
            "spread_from?": "id of the hold on the run above it that holds the whole tree",
        },
    ),
    "hold.noted": Kind("Hold noted", "Somebody added a note to a hold; the note is the reason.", {"hold": HOLD}),
    "hold.released": Kind(
        "Hold released", "A hold was lifted.", {"hold": HOLD, "kind": "`operator`, `compliance` or `policy`"}
    ),
    "freeze.applied": Kind(
        "Frozen",
        "A worker has let go of the run because of a freeze.",
        {
            "freeze": FREEZE,
            "step": "the step that is next, or null",
            "mid_step?": "true where it left in the middle of that step",
        },
    ),
    "suspension.opened": Kind(
        "Question asked",
        "A step asked a question and freed its worker.",
        {
            **QUESTION,
            "step": STEP,
            "kind": "`input`, `approval`, `event`, `time` or `children`",
            "title": "the question",
            "context": "what is shown with it",
            "context_digest": "sha256 of all that is shown",
            "urgency": "how urgent it is",
            "deadline": "when it closes unanswered, or null",
            "on_deadline": "what happens then: `fail`, `default`, `escalate` or `cancel`",
            "who": "who may answer and how many must approve, or null",
        },
    ),
    "suspension.voted": Kind(
        "Approved by one",
        "One of the people who must approve did; the comment is the reason.",
        {
            **QUESTION,
            "step": STEP,
            "answer": "the answer as accepted",
            "approvals": "how many have approved now",
            "needed": "how many must",
            "context_digest": "sha256 of what the person was shown",
        },
    ),
    "suspension.reminded": Kind(
        "Reminded",
        "A question was still open when it was time to remind of it.",
        {**QUESTION, "step": STEP, "opened_at": "when it was asked"},
    ),
    "suspension.escalated": Kind(
        "Question escalated",
        "Nobody answered before the deadline, and the question was put to others.",
        {
            **QUESTION,
            "step": STEP,
            "who": "who may answer now, and how many must approve",
            "before": "who could answer before, or null",
            "deadline": "when it closes unanswered",
        },
    ),
    "suspension.answered": Kind(
        "Question answered",
        "Somebody answered; the comment is the reason.",
        {
            **QUESTION,
            "step": STEP,
            "answer": "the answer as accepted",
            "context_digest": "sha256 of what the person was shown",
        },
    ),
    "suspension.expired": Kind(
        "Question expired",
        "Nobody answered before the deadline.",
        {**QUESTION, "step": STEP, "deadline": "when it passed"},
    ),
    "suspension.withdrawn": Kind("Question withdrawn", "The run was cancelled before anybody answered.", QUESTION),
    **TRIGGER_KINDS,
    "lease.acquired": Kind(
        "Taken by a worker",
        "A worker took the run.",
        {
            "step": "the step it begins with, or null",
            "position": "boundaries passed so far",
            "epoch": "number of the lease; late writes of older ones are refused",
        },
    ),
    "lease.expired": Kind(
        "Worker lost",
        "A worker was not heard of for longer than its lease.",
        {"worker": "its name", "step": "the step it was on", "times": "leases lost in this step so far"},
    ),
    "step.finished": Kind(
        "Step finished",
        "A boundary: everything needed to go on was stored.",
        {
            "step": STEP,
            "position": "boundaries passed before it",
            "attempt": "which attempt succeeded, from 1",
            "ms": "how long that attempt took, in milliseconds",
            "changes": "fields merged into the payload",
        },
    ),
    "step.failed": Kind(
        "Step failed",
        "A step raised an exception.",
        {
            **ERROR,
            "step": STEP,
            "position": "boundaries passed before it",
            "attempt": "which attempt failed, from 1",
            "retry_in_seconds?": "when it is tried again; missing where it is not",
        },
    ),
    "step.discarded": Kind(
        "Result discarded",
        "A step finished after a cancel; its result was not taken.",
        {"step": STEP, "position": "boundaries passed before it"},
    ),
    "step.logged": Kind(
        "Logged",
        "A step wrote a line with `ctx.log`.",
        {"text": "the line", "step": STEP, "data?": "what the author added"},
    ),
    "clean_up.failed": Kind(
        "Clean-up failed",
        "The clean-up hook of a cancelled run raised an exception.",
        {
            **ERROR,
            "attempt": "which attempt failed, from 1",
            "retry_in_seconds?": "when it is tried again; missing where it is not",
        },
    ),
    "command.denied": Kind(
        "Refused",
        "A command changed nothing; the reason says why. In the system ledger where no run is concerned.",
        {
            "command": "the command",
            "code": "`not-allowed`, `conflict`, `stale`, `too-large` or `invalid`",
            "detail": "the sentence the person was given",
            "errors?": "messages per field",
            "state?": "the run's state",
            "holds?": "ids of the holds in the way",
        },
    ),
    **SYSTEM_KINDS,
}

REFUSED_KINDS = ("command.denied",)
"""Attempts that changed nothing."""


def family(name: str) -> list[str]:
    """Return the kinds that begin with a noun: ``hold`` gives ``hold.placed`` and its like."""
    return [kind for kind in KINDS if kind.partition(".")[0] == name]


def as_markdown() -> str:
    """Return every kind as docs/reference/events.md prints it."""
    parts = []
    for name, kind in KINDS.items():
        lines = [f"### `{name}`", "", kind.when]
        if kind.data:
            lines += ["", "| data | what it holds |", "|---|---|"]
            lines += [f"| `{field}` | {holds} |" for field, holds in kind.data.items()]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
