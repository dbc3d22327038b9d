"""Calls of webhooks from outside: whose signature holds, and which came before."""

from collections.abc import Mapping

from django.db.models.functions import Now

from executions import clock
from executions.actors import Actor
from executions.commands.base import record_denial
from executions.errors import Conflict, NotAllowed
from executions.models import Trigger, TriggerCall
from executions.webhooks.secrets import inbound_secrets
from executions.webhooks.signing import WINDOW, Unsigned, verify

CALL = "call webhook"


def webhook_actor(trigger: Trigger) -> Actor:
    """Return who acts when a webhook is called: nobody but the token is known."""
    return Actor(f"trigger:{trigger.pk}", f"webhook of {trigger.set_by_name}", "webhook", "webhook")


def check_call(trigger: Trigger, headers: Mapping[str, str], body: bytes) -> str:
    """Go on only if a call of a webhook that takes signed calls alone is signed; a refusal is recorded.

    Args:
        trigger: the webhook's condition.
        headers: of the call, found in any case.
        body: the raw bytes.

    Returns:
        The message's id, for ``fire_webhook``; empty where no signature is needed.

    Raises:
        NotAllowed: the signature does not hold, or its time is too far off.
    """
    if not trigger.signed:
        return ""
    try:
        return verify(inbound_secrets(trigger.pk), headers, body, clock.now().timestamp())
    except Unsigned as unsigned:
        refusal = NotAllowed(str(unsigned))
        refusal.execution_id = trigger.execution_id
        record_denial(webhook_actor(trigger), CALL, refusal)
        raise refusal from unsigned


def take_in(trigger: Trigger, message_id: str) -> None:
    """Note a signed call, in the transaction of what it does.

    Raises:
        NotAllowed: nobody has checked it.
        Conflict: this message came before.
    """
    if not message_id:
        raise NotAllowed("This webhook takes signed calls only.")
    # What is older is refused by its timestamp.
    TriggerCall.objects.filter(trigger=trigger, at__lt=Now() - WINDOW).delete()
    _, new = TriggerCall.objects.get_or_create(trigger=trigger, message_id=message_id)
    if not new:
        raise Conflict("This message came before: its webhook-id was seen already. Nothing was done a second time.")
