"""Watch runs from outside, as a person would: wait for what must come, read the history, count the effects."""

import json
import socket
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from executions import commands
from executions.models import Event, Execution, Worker
from tests.effects import effects_of
from tests.support.processes import Process

PATIENCE = 60.0
"""Seconds. Generous, because the machine may be busy; a healthy run needs a fraction of it."""

QUICK = {"HOLDPOINT_HEARTBEAT_SECONDS": "0.4", "HOLDPOINT_SWEEP_SECONDS": "0.2"}
"""A worker's environment for tests that wait for what its heart or its sweeper finds. Its leases last as long as usual,
so that a worker which a busy machine keeps waiting loses none; `kill` and `run_out` let their time pass at once."""

SHORT = {**QUICK, "HOLDPOINT_LEASE_SECONDS": "2"}
"""For tests in which a lease must run out by itself, and which hold although a busy machine may take one away."""


def launch(cast: Any, workflow: str, payload: dict[str, Any] | None = None, **more: Any) -> Execution:
    return commands.launch(cast.actor("operator"), workflow, payload, **more)


def let_begin(execution: Execution) -> None:
    """Let the time come of a run that was launched for later."""
    execute("UPDATE executions_execution SET not_before = now() WHERE id = %s", [execution.pk])


def fresh(execution: Execution | str) -> Execution:
    return Execution.objects.get(pk=getattr(execution, "pk", execution))


def wait_until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait until a condition holds and return what it returned."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"still not so after {seconds:g} s: {what}"
        time.sleep(0.02)
    return found


def wait_for(execution: Execution, *states: str, seconds: float = PATIENCE) -> Execution:
    """Wait until a run is in one of these states and return it as it is then."""
    deadline = time.monotonic() + seconds
    while (now := fresh(execution)).state not in states:
        assert time.monotonic() < deadline, f"{now.state}, not {states}, after {seconds:g} s:\n{story(execution)}"
        time.sleep(0.02)
    return now


def wait_for_effect(execution: Execution, what: str, seconds: float = PATIENCE) -> None:
    """Wait until a step has noted that it did something."""
    wait_until(lambda: what in effects_of(execution.pk), f"{what!r} done; {story(execution)}", seconds)


def events(execution: Execution, kind: str | None = None) -> list[Event]:
    found = Event.objects.filter(ledger=execution.pk).order_by("seq")
    return list(found if kind is None else found.filter(kind=kind))


def kinds(execution: Execution) -> list[str]:
    return [event.kind for event in events(execution)]


def data(event: Event) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(event.data)
    return loaded


def finished_steps(execution: Execution) -> list[str]:
    return [data(event)["step"] for event in events(execution, "step.finished")]


def story(execution: Execution) -> str:
    """Return a run's history as text, for messages of failing tests."""
    lines = [
        f"{event.seq} {event.at:%T.%f} {event.kind} {event.actor_name} {event.data[:200]}"
        for event in events(execution)
    ]
    return "\n".join([str(fresh(execution).facts), *lines, f"did {effects_of(execution.pk)}"])


def kill(worker: Process) -> None:
    """Kill a worker as a crash does, and let the time of its leases pass."""
    worker.kill9()
    run_out(worker)


def run_out(worker: Process) -> None:
    """Let the time of a worker's leases pass: it is dead or stands still, and renews none."""
    execute(
        "UPDATE executions_execution SET lease_until = now() WHERE owner LIKE %s AND lease_until > now()",
        [f"{name_of(worker)}%"],
    )


def all_run_out() -> None:
    """Let the time of every lease pass; no worker is alive."""
    execute("UPDATE executions_execution SET lease_until = now() WHERE lease_until > now()")


def stand_still(worker: Process) -> None:
    """Stop the only worker's process in mid-work, outside any transaction: the database waits for those."""
    for _ in range(200):
        worker.freeze()
        if _settled():
            return
        worker.thaw()
        time.sleep(0.01)
    raise AssertionError("the worker was in a transaction whenever it was stopped")


def _settled() -> bool:
    """Wait for what the database still does for workers; tell whether that leaves them in no transaction."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT state FROM pg_stat_activity WHERE application_name = 'holdpoint-worker' AND state <> 'idle'"
            )
            states = {state for (state,) in cursor.fetchall()}
        if states != {"active"}:
            return not states
        time.sleep(0.01)


def wait_for_sweep(worker: Process) -> None:
    """Wait until the only worker has swept once more, from beginning to end: it signs in before each sweep."""
    signed_in = Worker.objects.filter(name__startswith=name_of(worker)).order_by("-started_at")
    for _ in range(2):
        before = signed_in.values_list("seen_at", flat=True).first()
        wait_until(lambda: signed_in.values_list("seen_at", flat=True).first() != before, "another sweep")  # noqa: B023


def name_of(worker: Process) -> str:
    """Return how the name of a worker begins; its end is chance."""
    return f"{socket.gethostname()}-{worker.pid}-"


def owns(worker: Process, execution: Execution) -> bool:
    """Tell whether a run is in the hands of a worker."""
    return (fresh(execution).owner or "").startswith(name_of(worker))


def execute(sql: str, parameters: Any = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def nothing_waits() -> None:
    """Put off what earlier tests left queued: a worker would rightly take it up."""
    execute(
        "UPDATE executions_execution SET not_before = now() + interval '1 day' WHERE state = 'queued'"
        " AND (not_before IS NULL OR not_before < now() + interval '1 hour')"
    )


def come_to_end(cast: Any, execution: Execution, **changes: Any) -> Execution:
    """Have a run that would take long end at once: pause it, change its payload, let it go on."""
    commands.pause(cast.actor("operator"), execution.pk, reason="it has been seen")
    wait_for(execution, "paused")
    commands.amend_payload(cast.actor("reviewer"), execution.pk, changes=changes, reason="it has been seen")
    commands.resume(cast.actor("operator"), execution.pk)
    return wait_for(execution, "succeeded")


def settle(cast) -> None:
    """Give a worker every chance to do what it must not: it certainly took another run's message after ours."""
    wait_for(launch(cast, "noop", priority=0), "succeeded")
