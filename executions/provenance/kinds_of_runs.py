"""Kinds of events: what becomes of a run, its data and its steps."""

from executions.provenance.kind import STEP, Kind

ERROR = {
    "type": "the exception's class",
    "message": "its message",
    "traceback": "the end of its traceback",
}
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
            "forked_from?": "id of the run it was forked from",
            "forked_at?": "the line of that run's history it begins after",
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
    "execution.cancel_requested": Kind(
        "Cancel requested",
        "Somebody cancelled the run, or a run above it with its whole tree; this is final.",
        {"because_of?": "the run above it whose tree was cancelled"},
    ),
    "execution.cancelled": Kind(
        "Cancelled",
        "The run is cancelled and its clean-up is over.",
        {"clean_up": "whether a clean-up hook ran", "clean_up_failed?": "whether it failed for good"},
    ),
    "execution.retried": Kind(
        "Retried",
        "A failed run was taken up again, or a run was sent back to an earlier step.",
        {
            "step": "the step it goes on with",
            "position": "boundaries passed before that step",
            "again": "whether that step and those after it do anew what they had recorded",
            "from_position?": "boundaries it had passed when it was sent back",
            "before?": "the fields of the payload that going back changed, as they were",
            "after?": "the same fields as they are now; a field that is gone is missing",
        },
    ),
    "execution.forked": Kind(
        "Forked",
        "Somebody launched another run from a boundary of this one; this one is as it was.",
        {
            "to": "id of the other run",
            "from_seq": "the line of this history that it begins after",
            "step": "the step that it begins with",
        },
    ),
    "execution.succeeded": Kind("Succeeded", "The last boundary was passed and no hold was open.", {}),
    "execution.failed": Kind(
        "Failed", "A step failed for good.", {"step": "the step that failed", "message": "the exception's message"}
    ),
    "payload.amended": Kind(
        "Payload amended",
        "Somebody changed fields of the payload.",
        {"before": "the fields' former values; a field that is new is missing", "changes": "their new values"},
    ),
    "execution.labelled": Kind(
        "Labels changed",
        "Somebody set or removed labels.",
        {
            "set": "labels by name, new or with a new value",
            "removed": "names of those taken away",
            "before": "former values of those changed or taken away",
            "left_freezes?": "ids of the open freezes that it no longer is under",
        },
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
            "ahead?": "names of the steps ahead after it, where it changed the route",
        },
    ),
    "step.skipped": Kind(
        "Step skipped",
        "Somebody passed a step without running it: a boundary as well.",
        {"step": STEP, "position": "boundaries passed before it", "result": "fields merged into the payload"},
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
    "tool.executed": Kind(
        "Tool executed",
        "A step called a tool with `ctx.tool`. Written together with the record of its result.",
        {
            "step": STEP,
            "tool": "name of the tool",
            "key": "key of the call; its question, where one was asked, has the key `tool:` and this",
            "arguments": "what it was called with, as changed by whoever allowed it",
            "allowed_by": "who allowed it, or null where nobody was asked",
        },
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
}
