"""Kinds of events: what people and policies decide: holds, freezes, questions, refusals."""

from executions.provenance.kind import ASKED, FREEZE, HOLD, QUESTION, Kind

KINDS: dict[str, Kind] = {
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
            "dual_control": "whether another person than its placer must release it",
            "scope": "`this` run, or the `tree` of its children and theirs too",
            "step": "the step that was next or running, or null",
            "spread_from?": "id of the hold on the run above it that holds the whole tree",
        },
    ),
    "hold.noted": Kind("Hold noted", "Somebody added a note to a hold; the note is the reason.", {"hold": HOLD}),
    "hold.released": Kind(
        "Hold released",
        "A hold was lifted.",
        {
            "hold": HOLD,
            "kind": "`operator`, `compliance` or `policy`",
            "spread_from?": "id of the hold on the run above it that was lifted, and this one with it",
        },
    ),
    "hold.handed_over": Kind(
        "Hold handed over",
        "Another person looks after a hold from now on.",
        {"hold": HOLD, "from": "who looked after it, or empty", "to": "who does now"},
    ),
    "hold.overdue": Kind(
        "Hold overdue",
        "The time by which somebody was to look at a hold again has passed.",
        {
            "hold": HOLD,
            "kind": "`operator`, `compliance` or `policy`",
            "review_by": "when",
            "responsible": "whose it is",
        },
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
            **ASKED,
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
            **ASKED,
            "answer": "the answer as accepted",
            "approvals": "how many have approved now",
            "needed": "how many must",
            "context_digest": "sha256 of what the person was shown",
        },
    ),
    "suspension.reminded": Kind(
        "Reminded",
        "A question was still open when it was time to remind of it.",
        {**ASKED, "opened_at": "when it was asked"},
    ),
    "suspension.escalated": Kind(
        "Question escalated",
        "Nobody answered before the deadline, and the question was put to others.",
        {
            **ASKED,
            "who": "who may answer now, and how many must approve",
            "before": "who could answer before, or null",
            "deadline": "when it closes unanswered",
        },
    ),
    "suspension.answered": Kind(
        "Question answered",
        "Somebody answered; the comment is the reason.",
        {
            **ASKED,
            "answer": "the answer as accepted",
            "context_digest": "sha256 of what the person was shown",
        },
    ),
    "suspension.expired": Kind(
        "Question expired",
        "Nobody answered before the deadline.",
        {**ASKED, "deadline": "when it passed"},
    ),
    "suspension.withdrawn": Kind(
        "Question withdrawn", "The run was cancelled or sent back, or its step skipped, first.", QUESTION
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
            "then_counted?": "true on the last line before further ones of this actor are only counted",
        },
    ),
    "command.denials_counted": Kind(
        "Refused further",
        "Somebody was refused so often in one history that within the hour the further ones were only counted.",
        {
            "count": "how many have no line of their own",
            "written": "how many have one",
            "since": "when the hour began",
            "last_at": "when the last one was refused",
        },
    ),
}
