"""A workflow whose author logs, in every way authors do, and says things that no log may hold."""

import logging
from typing import Any

import structlog
from django import forms

from executions import Context, Workflow


class TalkInput(forms.Form):
    """A secret that comes along."""

    secret = forms.CharField(required=False)


talking = Workflow("talking", title="Says what it does", input=TalkInput)


@talking.step
def first(ctx: Context, payload: dict[str, Any]) -> None:
    """Log by both libraries."""
    logging.getLogger("author.plain").warning("plain %s", "words")
    structlog.get_logger("author.structured").info("structured", amount=3, token="hp_abcdefghijklmnopqrstuvwxyz")
    logging.getLogger("author.plain").warning("called with Bearer %s", payload["secret"])


@talking.step
async def second(ctx: Any, payload: dict[str, Any]) -> None:
    """Log from a coroutine."""
    logging.getLogger("author.async").info("awaited")


@talking.step
def third(ctx: Context, payload: dict[str, Any]) -> None:
    """Fail with a secret in the message."""
    raise ValueError(f"cannot use {payload['secret']}")
