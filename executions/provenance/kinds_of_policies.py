"""Kinds of events written by the rules of a workflow: SLA, budgets, errors of items."""

from executions.provenance.kind import Kind

NEXT = "the step that was next or running, or null"

POLICY_KINDS: dict[str, Kind] = {
    "item.failed": Kind(
        "Item failed",
        "A step told of an error in one item with `ctx.error` and went on.",
        {"step": "name of the step", "key": "the item's key in the step", "what": "what went wrong"},
    ),
    "sla.breached": Kind(
        "SLA spent",
        "The time that the run may take is spent; people's time is not counted.",
        {
            "on_sla": "`hold`, `fail` or `escalate`: what the workflow says is then done",
            "seconds_over": "how long it had been spent when that was found",
            "step": NEXT,
        },
    ),
    "sla.extended": Kind(
        "SLA extended",
        "Somebody gave the run more time.",
        {"seconds": "how much more", "seconds_left": "what is left now", "was_breached": "whether it was spent"},
    ),
    "budget.exceeded": Kind(
        "Budget exceeded",
        "A step spent more than the run may; a policy hold follows, and the limit that holds after it.",
        {
            "budget": "its name",
            "spent": "all that the run has spent of it",
            "limit": "what it was allowed",
            "new_limit": "what it is allowed once it is resumed",
            "step": NEXT,
        },
    ),
    "budget.extended": Kind(
        "Budget extended",
        "Somebody let the run spend more.",
        {"budgets": "budget → how much more", "limits": "budget → what the run may spend now"},
    ),
}
