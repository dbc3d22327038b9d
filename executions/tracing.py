"""Traces over web, Celery and step, by OpenTelemetry, when OTEL_EXPORTER_OTLP_ENDPOINT is set.

When it is not, nothing of OpenTelemetry is imported and each call here is a look at one variable. The SDK reads its own
variables (sampler, headers, resource). Spans carry ids and names, never payloads, reasons or messages of exceptions.

A trace is one stretch of work: what a request set going, up to where its run next waits or ends. The message to the
worker carries the request's context; it is a hint like the message itself, and a run that the sweeper found begins a
trace of its own. So a run's life may be several traces, found by ``holdpoint.run``.
"""

import contextlib
import importlib.util
import logging
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

logger = logging.getLogger("holdpoint.tracing")

PREFIX = "holdpoint."
NOTHING: AbstractContextManager[None] = contextlib.nullcontext()
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PACKAGES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")

_tracer: Any = None
"""None: no traces are wanted, or OpenTelemetry is not installed."""


def wanted() -> bool:
    """Tell whether the environment asks for traces."""
    return any(os.environ.get(name, "").strip() for name in ENDPOINTS) and not _disabled()


def _disabled() -> bool:
    return os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


def installed() -> bool:
    """Tell whether OpenTelemetry's SDK and exporter are there."""
    try:
        return all(importlib.util.find_spec(name) is not None for name in PACKAGES)
    except ModuleNotFoundError:
        return False


def begin(process: str) -> None:
    """Send traces from now on, if they are wanted; once per process.

    Args:
        process: ``web`` or ``worker``; the service is called after it unless OTEL_SERVICE_NAME says otherwise.
    """
    global _tracer
    if _tracer is not None or not wanted():
        return
    if not installed():
        logger.error("Traces are wanted and OpenTelemetry is not installed: pip install -r requirements-tracing.txt")
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": f"holdpoint-{process}"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("holdpoint")


def sent() -> bool:
    """Tell whether this process sends traces."""
    return _tracer is not None


def span(name: str, *, kind: str = "internal", **attributes: Any) -> AbstractContextManager[Any]:
    """Return a context in which a span is current.

    Args:
        name: one of few; ids belong into attributes.
        kind: ``internal``, ``server`` or ``consumer``.
        attributes: of the span, below ``holdpoint.``; those that are None are left out.
    """
    return NOTHING if _tracer is None else _span(name, kind, attributes, None, ())


def continued(carrier: Any, name: str, *, kind: str, **attributes: Any) -> AbstractContextManager[Any]:
    """Return a context in which a span is current that goes on with a trace begun elsewhere.

    Args:
        carrier: headers of a request or message, whoever sent it. What is no trace context in them is ignored.
        name, kind, attributes: as for ``span``.
    """
    return NOTHING if _tracer is None else _span(name, kind, attributes, _propagator().extract(_texts(carrier)), ())


def linked(previous: Any, name: str, **attributes: Any) -> AbstractContextManager[Any]:
    """Return a context in which a span is current that names the one before it.

    Args:
        previous: what ``here`` returned within that one, or None.
        name, attributes: as for ``span``.
    """
    return NOTHING if _tracer is None else _span(name, "internal", attributes, None, (previous,) if previous else ())


def _span(name: str, kind: str, attributes: Mapping[str, Any], context: Any, links: tuple[Any, ...]) -> Any:
    from opentelemetry.trace import Link, SpanKind

    return _tracer.start_as_current_span(
        name,
        context=context,
        kind=SpanKind[kind.upper()],
        attributes=_named(attributes),
        links=[Link(each) for each in links],
        # An exception's words may quote a payload.
        record_exception=False,
        set_status_on_exception=False,
    )


def _named(attributes: Mapping[str, Any]) -> dict[str, Any]:
    # Names with a dot are OpenTelemetry's own.
    return {name if "." in name else PREFIX + name: value for name, value in attributes.items() if value is not None}


def _texts(carrier: Any) -> dict[str, str]:
    if not isinstance(carrier, Mapping):
        return {}
    return {name: str(carrier[name]) for name in ("traceparent", "tracestate") if carrier.get(name)}


def _propagator() -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator()


def note(name: str | None = None, **attributes: Any) -> None:
    """Add to the current span what is known only now.

    Args:
        name: a better name for it.
        attributes: as for ``span``.
    """
    if _tracer is None:
        return
    from opentelemetry.trace import get_current_span

    current = get_current_span()
    current.set_attributes(_named(attributes))
    if name is not None:
        current.update_name(name)


def failed(what: str) -> None:
    """Mark the current span as failed.

    Args:
        what: an exception's class, or a few fixed words.
    """
    if _tracer is None:
        return
    from opentelemetry.trace import Status, StatusCode, get_current_span

    get_current_span().set_status(Status(StatusCode.ERROR, what))


def carrier() -> dict[str, str]:
    """Return the current trace context as headers for a message; empty where there is none."""
    found: dict[str, str] = {}
    if _tracer is not None:
        _propagator().inject(found)
    return found


def here() -> Any:
    """Return the current span's context, for ``linked``; None without traces."""
    if _tracer is None:
        return None
    from opentelemetry.trace import get_current_span

    context = get_current_span().get_span_context()
    return context if context.is_valid else None


def ids() -> dict[str, str]:
    """Return ids of trace and span for a line of the log; empty without traces."""
    context = here()
    return {} if context is None else {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
