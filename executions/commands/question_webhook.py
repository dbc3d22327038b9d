"""Giving a wait of the code an address that ends it: a webhook bound to that one question."""

import uuid

from executions.actors import Actor
from executions.commands.base import about, command, lock, parse_id, require_scope
from executions.commands.condition import set_webhook
from executions.errors import Conflict, NotFound
from executions.models import Suspension, Trigger

SCOPE = "events:emit"
KIND = "event"


@command("give webhook")
def give_webhook(actor: Actor, suspension_id: uuid.UUID | str, *, signed: bool = False) -> Trigger:
    """Make a webhook that ends a wait for an event, as the event itself would: once, and this wait alone.

    Args:
        actor: who does it, and in whose authority it is called; needs ``events:emit``, as the event would.
        suspension_id: an open question of the kind ``event``.
        signed: only calls with a good signature count.

    Returns:
        The condition; its token and secret are to be told this once.

    Raises:
        NotAllowed, NotFound: as their names say.
        Conflict: the wait is over, waits for something else, or has a webhook.
    """
    require_scope(actor, SCOPE)
    key = parse_id(suspension_id, "question")
    run = Suspension.objects.filter(pk=key).values_list("execution_id", flat=True).first()
    if run is None:
        raise NotFound(f"There is no question with the id {key}.")
    execution = lock(run)
    with about(execution):
        asked = Suspension.objects.get(pk=key)
        if not asked.is_open:
            raise Conflict("This wait is over.", state=execution.state)
        if asked.kind != KIND:
            raise Conflict("A webhook ends a wait for an event only; people answer questions.", state=execution.state)
        if asked.conditions.filter(kind="webhook", closed_at__isnull=True).exists():
            raise Conflict("This wait has a webhook already; its token was told once.", state=execution.state)
        return set_webhook(asked, execution, actor, signed=signed)
