"""Writing down who is to be told of a question. The courier (``courier``) delivers."""

from django.conf import settings

from executions.models import Notification, Suspension

FOR_PEOPLE = ("input", "approval")
"""Kinds of questions that a person answers."""


def notify(suspension: Suspension, occasion: str) -> None:
    """Have every address of the installation told of a question, once the transaction has committed.

    Args:
        suspension: an open question.
        occasion: ``opened``, ``reminded`` or ``escalated``.
    """
    targets = settings.HOLDPOINT["NOTIFY"]
    if targets and suspension.kind in FOR_PEOPLE:
        Notification.objects.bulk_create(
            Notification(suspension=suspension, occasion=occasion, target=target) for target in targets
        )
