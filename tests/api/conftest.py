"""Programs as they use the API: a token, JSON, and nothing else."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from executions import commands
from executions.actors import SYSTEM
from executions.models import Event, Execution, Hold, Suspension

ACTIVE_REASON = "Totals differ"


class Program:
    """A program with somebody's token."""

    def __init__(self, token: str | None = None, **options: Any) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.token = token
        self.client = Client(headers=headers, **options)

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Send a request; a body that is no bytes goes as JSON."""
        if body is not None:
            options.setdefault("content_type", "application/json")
            options["data"] = body if isinstance(body, bytes | dict) and method == "form" else encode(body)
        return self.client.generic(method.upper(), path, **options)

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.send("post", path, {} if body is None else body, **options)

    def form(self, path: str, parts: dict[str, Any], **options: Any) -> Any:
        """Send multipart/form-data."""
        return self.client.post(path, parts, **options)


def encode(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def programs(cast: Any) -> Callable[..., Program]:
    """`program("operator")` has all of the operator's scopes; `program("admin", ["executions:read"])` just that one."""

    def make(name: str, scopes: list[str] | None = None, **options: Any) -> Program:
        _, text = commands.create_token(SYSTEM, getattr(cast, name), name="test", scopes=scopes)
        return Program(text, **options)

    return make


def launches(cast: Any) -> Callable[..., Execution]:
    """`launch()` starts a run of three steps that nobody works on."""

    def make(workflow: str = "noop", payload: dict[str, Any] | None = None, **options: Any) -> Execution:
        return commands.launch(cast.actor("admin"), workflow, payload or {}, **options)

    return make


@pytest.fixture
def program(cast) -> Callable[..., Program]:
    return programs(cast)


@pytest.fixture
def launch(cast) -> Callable[..., Execution]:
    return launches(cast)


@pytest.fixture
def path() -> Callable[..., str]:
    """`path(run, "pause")` is the address of a run's command."""
    return lambda execution, *parts: "/".join(["/v1/async-executions", str(execution.pk), *parts])


def asks(launch: Callable[..., Execution]) -> Callable[..., Suspension]:
    """`ask()` leaves an open question behind, as the engine stores it."""
    from executions.digests import context_digest, shown_by

    def make(execution: Execution | None = None, **facts: Any) -> Suspension:
        from executions.provenance import append
        from tests.workflows_for_tests import DecisionForm

        execution = execution or launch("asking")
        facts = {
            "form": f"{DecisionForm.__module__}:{DecisionForm.__qualname__}",
            "prompt": "",
            "format": "form",
            **facts,
        }
        suspension = Suspension(
            execution=execution,
            position=0,
            step="ask",
            key="decision",
            title="Go on?",
            context={"total": "10.00"},
            **facts,
        )
        suspension.context_digest = context_digest(shown_by(suspension))
        suspension.save(force_insert=True)
        append(execution.pk, "suspension.opened", SYSTEM, data={"suspension": str(suspension.pk)})
        return suspension

    return make


@pytest.fixture
def ask(launch) -> Callable[..., Suspension]:
    return asks(launch)


def facts_of(execution: Execution) -> tuple[Any, ...]:
    """Return all that a refused command must leave as it was."""
    now = Execution.objects.get(pk=execution.pk)
    holds = Hold.objects.filter(execution=execution, released_at__isnull=True).count()
    return now.version, now.state, now.payload, holds


def events_of(execution: Execution, kind: str) -> list[Event]:
    return list(Event.objects.filter(ledger=execution.pk, kind=kind).order_by("seq"))


def problem(response: Any, status: int) -> dict[str, Any]:
    """Check that an answer is a problem document of this status, and return it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"].startswith("application/problem+json"), response["Content-Type"]
    document = response.json()
    assert {"type", "title", "status", "detail"} <= set(document)
    assert document["status"] == status
    assert document["detail"].strip()
    return document
