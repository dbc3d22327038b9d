"""Who may change what the console offers to everybody: templates for reasons, rules for labels."""

from executions.access import lacking
from executions.actors import Actor
from executions.states import Verdict

MANAGE_SCOPE = "console:manage"


def manage_verdict(actor: Actor) -> Verdict:
    """Judge whether somebody may change what is offered to everybody; pages ask here, commands ask for the scope."""
    if actor.can(MANAGE_SCOPE):
        return Verdict("manage", True)
    return Verdict("manage", False, "permission", lacking(MANAGE_SCOPE, what="change these"))
