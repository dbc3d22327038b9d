"""Structured logs on standard error: for people by default, one JSON object a line with HOLDPOINT_LOG=json."""

import io
import re
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from executions import tracing

HIDDEN = "…"
SECRET_NAMES = re.compile(
    r"password|passwd|secret|token|authorization|cookie|credential|api_?key|payload", re.IGNORECASE
)
"""A field with such a name is not written, whatever it holds."""
SECRET_TEXTS = re.compile(
    # The address of a webhook is its permission, and so nearly is that of a decision.
    r"""(/v1/triggers/|/decide/)[^\s/?#"']+"""
    r"""|(\bhp_[A-Za-z0-9_-]{2})[A-Za-z0-9_-]{8,}"""
    r"""|(\bwhsec_)[A-Za-z0-9+/=_-]{8,}"""
    r"""|(\b(?:Bearer|Basic)\s)[^\s"',]+"""
    r"""|(\b[a-z+]+://[^\s/:@"']*:)[^\s/@"']+(?=@)""",
    re.IGNORECASE,
)


def without_secrets(text: str) -> str:
    """Return a text without tokens, passwords in addresses, and addresses that are permissions."""
    return SECRET_TEXTS.sub(lambda found: next(filter(None, found.groups())) + HIDDEN, text)


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out what opens doors, and payloads: logs are read by more people than the console."""
    for name, value in event.items():
        event[name] = HIDDEN if SECRET_NAMES.search(name) else _hidden_within(value, 4)
    return event


def _hidden_within(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, dict) and depth:
        return {
            name: HIDDEN if SECRET_NAMES.search(str(name)) else _hidden_within(each, depth - 1)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple) and depth:
        return [_hidden_within(each, depth - 1) for each in value]
    return value


def add_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name trace and span, so that one leads from a line to its trace; nothing where none are sent."""
    event.update(tracing.ids())
    return event


def plain_traceback(out: TextIO, raised: Any) -> None:
    """Print a traceback without variables and without secrets.

    Where rich is installed structlog would print every local variable: payloads and secrets, endlessly deep ones.
    """
    text = io.StringIO()
    structlog.dev.plain_traceback(text, raised)
    out.write(without_secrets(text.getvalue()))


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    add_trace,
    hide_secrets,
]


def logging_settings(*, json: bool) -> dict[str, Any]:
    """Configure structlog and return Django's LOGGING, so that both kinds of loggers write alike.

    Args:
        json: True for machines (one object a line), False for people.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last: list[Any] = (
        [structlog.processors.format_exc_info, hide_secrets, structlog.processors.JSONRenderer(default=str)]
        if json
        else [structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, exception_formatter=plain_traceback)]
    )
    # People want to read what went wrong; machines count every request.
    requests = "INFO" if json else "ERROR"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
                "foreign_pre_chain": SHARED,
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django.server": {"level": "WARNING"},
            # A refused command is no fault of the server, and it is in the record.
            "django.request": {"level": "ERROR"},
            "django_structlog": {"level": requests},
            "uvicorn": {"handlers": [], "level": requests, "propagate": True},
            "uvicorn.access": {"level": "WARNING"},
            "celery": {"level": "WARNING"},
            "celery.apps.worker": {"level": "INFO"},  # says when a worker is ready
            "kombu": {"level": "WARNING"},
        },
    }
