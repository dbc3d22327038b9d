"""Structured logs on standard error: for people by default, one JSON object a line with HOLDPOINT_LOG=json."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

_RESUME_TOKEN = re.compile(r"(/v1/triggers/)[^\s/?#\"']+")


def hide_tokens(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave resume tokens out of addresses: a webhook's address is its permission."""
    for name, value in event.items():
        if isinstance(value, str) and "/v1/triggers/" in value:
            event[name] = _RESUME_TOKEN.sub(r"\1…", value)
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    hide_tokens,
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
        [structlog.processors.format_exc_info, hide_tokens, structlog.processors.JSONRenderer()]
        if json
        # Where rich is installed structlog would print every local variable: payloads and secrets, endlessly deep ones.
        else [
            structlog.dev.ConsoleRenderer(
                colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
            )
        ]
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
