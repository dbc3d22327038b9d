"""The kinds of events about resume conditions and named events."""

from executions.provenance.kind import Kind

CONDITION = {
    "trigger": "id of the condition",
    "kind": "`webhook`, `time`, `cron` or `event`",
    "hold?": "id of the hold it is bound to",
    "suspension?": "id of the question it is bound to",
}

TRIGGER_KINDS: dict[str, Kind] = {
    "trigger.set": Kind(
        "Resume condition set",
        "A hold or a wait was given something that ends it by itself.",
        {
            **CONDITION,
            "due_at?": "when, for `time` and `cron`",
            "cron?": "the expression as it was written",
            "timezone?": "in which it is meant",
            "event?": "name of the event waited for",
            "match?": "what its data must contain",
            "signed?": "true for a webhook whose calls must be signed",
        },
    ),
    "trigger.fired": Kind(
        "Resume condition met",
        "A webhook was called, a time came or an event was sent: the hold is released or the wait is over.",
        {
            **CONDITION,
            "data": "what came along; not merged into the payload",
            "additional_context": "what else came along",
            "emission?": "number of the event",
            "set_by": "who set the condition, and so in whose authority it fired",
        },
    ),
    "trigger.late": Kind(
        "Came too late",
        "A condition was met after its hold or wait had ended; nothing was changed. The reason says what came first.",
        CONDITION,
    ),
    "event.emitted": Kind(
        "Event sent",
        "Somebody sent a named event; each run it woke has a `trigger.fired` of its own. System ledger.",
        {
            "emission": "number of the event",
            "name": "its name",
            "data_sha256": "sha256 of its data as JSON; the data are kept beside the ledger",
            "waiting": "how many holds and waits it met",
        },
    ),
}
