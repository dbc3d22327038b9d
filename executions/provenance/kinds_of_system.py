"""Kinds of events in the system ledger: what concerns no single run."""

from executions.provenance.kind import Kind

FREEZE = "id of the freeze"
JOB = "id of the bulk job"

SYSTEM_KINDS: dict[str, Kind] = {
    "freeze.placed": Kind(
        "Freeze placed",
        "Somebody stopped every run that a selector matches. System ledger.",
        {
            "freeze": FREEZE,
            "kind": "`operator` or `compliance`",
            "workflow": "only runs of this workflow, or null",
            "labels": "only runs that carry all of these; with neither, every run",
            "reason_code": "a word for statistics, or empty",
            "ticket": "link or number of the case elsewhere, or empty",
            "dual_control": "whether somebody else must lift it",
            "review_by": "when somebody must look again, or null",
        },
    ),
    "freeze.overdue": Kind(
        "Freeze overdue",
        "The time by which somebody was to look at a freeze again has passed. System ledger.",
        {
            "freeze": FREEZE,
            "kind": "`operator` or `compliance`",
            "review_by": "when",
            "placed_by": "whose it is",
        },
    ),
    "freeze.lifting": Kind(
        "Freeze being lifted",
        "Somebody began to let the runs go little by little, or changed how fast. System ledger.",
        {"freeze": FREEZE, "rate": "runs per second"},
    ),
    "freeze.lifted": Kind(
        "Freeze lifted",
        "A freeze has ended: lifted at once, or nothing was left of what it kept. System ledger.",
        {
            "freeze": FREEZE,
            "admitted": "runs let go one by one before",
            "seconds?": "how long that took; missing where it was lifted at once",
        },
    ),
    "bulk.started": Kind(
        "Bulk job started",
        "Somebody gave one command to many runs; the list of them stands from here on. System ledger.",
        {
            "job": JOB,
            "command": "name of the command",
            "arguments": "its arguments besides the run and the reason",
            "selector": "`filter`, `job` (the runs of an earlier one) or `ids` (how many)",
            "rate": "runs per second at most, or null",
            "runs": "how many were chosen",
            "refused": "how many of them its state excluded from the start",
        },
    ),
    "bulk.stopped": Kind(
        "Bulk job stopped",
        "Somebody stopped a bulk job before its end. System ledger.",
        {
            "job": JOB,
            "done": "runs on which it was carried out",
            "refused": "runs on which it was refused",
            "left": "runs left as they were",
        },
    ),
    "bulk.finished": Kind(
        "Bulk job finished",
        "A bulk job has come to every run. System ledger.",
        {
            "job": JOB,
            "done": "runs on which it was carried out",
            "refused": "runs on which it was refused",
            "seconds": "how long it took",
        },
    ),
    "token.created": Kind(
        "Token created",
        "An API token was made. System ledger.",
        {
            "token": "id of the token",
            "name": "what it is for",
            "owner": "the user it acts for",
            "scopes": "what it may do",
            "expires_at": "when it ends, or null",
            "made_with?": "id of the token that made it, and that it ends with at the latest",
        },
    ),
    "token.revoked": Kind(
        "Token revoked",
        "An API token was ended. System ledger.",
        {"token": "id of the token", "name": "what it was for"},
    ),
    "audit.verification_requested": Kind(
        "Verification asked for",
        "Somebody asked for every chain to be recomputed in the background. System ledger.",
        {"check": "id of the verification"},
    ),
    "audit.verification_failed": Kind(
        "Verification given up",
        "A verification could not be carried out, however often it was begun; the reason says why. System ledger.",
        {"check": "id of the verification", "tries": "how often it was begun"},
    ),
    "audit.verified": Kind(
        "Record verified",
        "Every chain was recomputed. System ledger.",
        {
            "outcome": "`whole` or `broken`",
            "ledgers": "chains recomputed",
            "events": "lines recomputed",
            "seconds": "how long it took",
            "problems": "the first twenty: ledger, seq, what, detail",
            "problem_count": "how many there are",
            "compared_with": "line of the earlier verification it was compared with, or null",
            "checkpoint": "through, events, ledgers and digest, for the next verification to compare with",
            "check?": "id of the verification, where it was carried out in the background",
        },
    ),
    "audit.exported": Kind(
        "Record exported",
        "Lines were handed out. Written before the first of them, so the export holds it as well. System ledger.",
        {
            "ledger": "the one ledger, or null for all",
            "since": "lines from this time on, or null",
            "until": "lines before this time, or null",
            "filter?": "what else was searched for, where only lines that match were handed out",
            "format?": "`csv`; JSON Lines where left out",
        },
    ),
    "demo.seeded": Kind(
        "Demo's past written",
        "A demo was filled with runs that carry earlier times; lines of theirs up to this one tell what never was. "
        "System ledger.",
        {"since": "the earliest time they carry", "until": "the latest"},
    ),
}
