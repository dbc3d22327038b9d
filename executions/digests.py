"""Digests of what a person is shown, so that an answer can be bound to it."""

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from executions.models import Execution, Suspension


def context_digest(shown: dict[str, Any]) -> str:
    """Return the sha256 of what a question shows, hexadecimal.

    Args:
        shown: title, prompt, context, form, choices and the digests of the files it can replace; JSON.
    """
    text = json.dumps(shown, cls=DjangoJSONEncoder, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def shown_by(suspension: Suspension) -> dict[str, Any]:
    """Gather what a question shows: its words, and the present version of every file it can replace."""
    names = set(suspension.replaces.values())
    newest: dict[str, str] = {}
    if names or suspension.shows_input:
        files = suspension.execution.files.order_by("name", "version")
        # The files are input of a step as its payload is.
        rows = files if suspension.shows_input else files.filter(name__in=names)
        newest = dict(rows.values_list("name", "sha256"))
    shown: dict[str, Any] = {}
    if suspension.shows_input:
        shown["input"] = suspension.execution.payload
    return {
        **shown,
        "title": suspension.title,
        "prompt": suspension.prompt,
        "context": suspension.context,
        "form": suspension.form,
        "format": suspension.format,
        "choices": suspension.choices,
        "files": newest,
    }


def refresh_contexts(execution: Execution) -> None:
    """Renew the digests of a run's open questions after its payload or one of its files was changed."""
    for suspension in execution.suspensions.filter(closed_at__isnull=True):
        digest = context_digest(shown_by(suspension))
        if digest != suspension.context_digest:
            Suspension.objects.filter(pk=suspension.pk).update(context_digest=digest)
