"""Helpers that tell a run's story: act as people, be the worker, read the history."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from executions import commands
from executions.actors import Actor
from executions.engine import recording, runner, statements
from executions.engine.backing import EngineBacking
from executions.engine.children import answer_joins
from executions.engine.database import rows
from executions.engine.leases import Lease
from executions.models import Event, Execution, Ledger
from executions.passes import pass_at

WORKER = Actor.worker("w1")
OTHER_WORKER = Actor.worker("w2")


def launch(cast, workflow: str = "noop", payload: dict[str, Any] | None = None, **more: Any) -> Execution:
    return commands.launch(cast.actor("operator"), workflow, payload, **more)


def work(execution: Execution | str) -> Execution:
    """Be the worker: carry the run on in this process as far as it goes."""
    key = str(getattr(execution, "pk", execution))
    runner.run(key)
    return fresh(key)


def fresh(execution: Execution | str) -> Execution:
    return Execution.objects.get(pk=getattr(execution, "pk", execution))


def claim(execution: Execution, worker: Actor = WORKER, lease: float = 60) -> Any | None:
    """Claim a run as a worker does; None where there was nothing to claim."""
    wanted = {"id": execution.pk, "owner": worker.name, "actor": worker.id, "lease": lease, "through": "{}"}
    found = rows(statements.CLAIM, wanted)
    return found[0] if found else None


def _fixed(execution: Execution, epoch: int, worker: Actor, lease: float) -> dict[str, Any]:
    return {
        "id": execution.pk,
        "epoch": epoch,
        "actor": worker.id,
        "owner": worker.name,
        "lease": lease,
        "workflow": execution.workflow,
    }


def boundary(
    execution: Execution,
    epoch: int,
    position: int,
    ahead: list[str],
    *,
    changes: dict[str, Any] | None = None,
    stop: bool = False,
    worker: Actor = WORKER,
) -> str | None:
    """Pass a boundary; return the state after it, None where it was refused."""
    told = {"step": fresh(execution).next_step, "position": position, "attempt": 1, "ms": 1.5}
    found = rows(
        statements.BOUNDARY,
        {
            **_fixed(execution, epoch, worker, 60),
            "position": position,
            "changes": None if changes is None else json.dumps(changes),
            "ahead": ahead,
            "data": json.dumps({**told, "changes": changes or {}}),
            "stop": stop,
        },
    )
    return found[0].state if found else None


def give_back(execution: Execution, epoch: int, because: str = "pause", worker: Actor = WORKER) -> str | None:
    """Yield in mid-step; return the state after it, None where it was refused."""
    found = rows(statements.YIELD, {**_fixed(execution, epoch, worker, 60), "because": because, "progress": None})
    return found[0].state if found else None


def heartbeat(execution: Execution, epoch: int, lease: float = 60) -> Any | None:
    found = rows(statements.HEARTBEAT, {"id": execution.pk, "epoch": epoch, "lease": lease, "progress": None})
    return found[0] if found else None


def finish(execution: Execution, epoch: int, worker: Actor = WORKER) -> str | None:
    found = rows(statements.FINISH, _fixed(execution, epoch, worker, 60))
    return found[0].state if found else None


def record(execution: Execution, epoch: int, key: str, value: Any = None, position: int = 0) -> bool:
    """Record a sub-result; False where it was refused or recorded before."""
    run = fresh(execution)
    return bool(
        rows(
            recording.RECORD,
            {
                "id": execution.pk,
                "epoch": epoch,
                "position": position,
                "pass_no": pass_at(run.passes, position),
                "step": run.next_step or "",
                "key": key,
                "value": json.dumps(value),
            },
        )
    )


MOMENTS = {
    "executions_execution": ("id", "created_at, state_since, not_before, sla_due, sla_breached_at"),
    "executions_hold": ("execution_id", "placed_at, review_by"),
    "executions_suspension": ("execution_id", "opened_at, deadline, remind_at"),
    "executions_trigger": ("execution_id", "created_at, due_at"),
}


def let_pass(execution: Execution, seconds: float) -> None:
    """Have time go by for one run and all freezes without waiting: every moment stored of them moves into the past.

    Triggers are off meanwhile, so what the database keeps is moved, not worked out again. The lease stays: its worker
    would have renewed it.
    """
    execute("SET session_replication_role = replica")
    try:
        for table, (key, columns) in MOMENTS.items():
            moved = ", ".join(f"{name} = {name} - %(by)s * interval '1 second'" for name in columns.split(", "))
            execute(f"UPDATE {table} SET {moved} WHERE {key} = %(id)s", {"by": seconds, "id": execution.pk})
        execute("UPDATE executions_freeze SET placed_at = placed_at - %s * interval '1 second'", [seconds])
    finally:
        execute("SET session_replication_role = DEFAULT")


def lease_of(execution: Execution, claimed: Any) -> Lease:
    """Return the lease that a worker has after this claim."""
    lease = Lease(str(execution.pk))
    lease.epoch = claimed.epoch
    return lease


def backing_of(execution: Execution, claimed: Any, step: str) -> EngineBacking:
    """Return what a step's context stands on after this claim."""
    return EngineBacking(lease_of(execution, claimed), step, claimed.steps_done, 0, 0, WORKER)


def expire() -> list[str]:
    """Sweep expired leases; return the ids of the runs that lost theirs."""
    return [str(row.id) for row in rows(statements.EXPIRE, {})]


def events(execution: Execution | str) -> list[Event]:
    return list(Event.objects.filter(ledger=getattr(execution, "pk", execution)).order_by("seq"))


def kinds(execution: Execution | str) -> list[str]:
    return [event.kind for event in events(execution)]


def data_of(event: Event) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(event.data)
    return loaded


def framed(text: str) -> bytes:
    raw = text.encode()
    return str(len(raw)).encode() + b":" + raw + b","


def bad_line(ledger: object) -> int | None:
    """Recompute a chain with nothing but sha256; return the seq of its first bad line, None where it is whole."""
    prev = b""
    last = 0
    for event in Event.objects.filter(ledger=ledger).order_by("seq"):
        data_digest = hashlib.sha256(bytes(event.salt) + event.data.encode()).digest()
        name = "system" if event.ledger.int == 0 else str(event.ledger)
        at = event.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        fields = (
            name,
            str(event.seq),
            at,
            event.kind,
            event.actor_id,
            event.actor_name,
            event.actor_role,
            event.via,
            event.reason,
            data_digest.hex(),
            prev.hex(),
        )
        digest = hashlib.sha256(b"".join(framed(field) for field in fields)).digest()
        sound = (
            event.seq == last + 1
            and bytes(event.prev) == prev
            and bytes(event.data_digest) == data_digest
            and bytes(event.digest) == digest
        )
        if not sound:
            return event.seq
        prev, last = digest, event.seq
    head = Ledger.objects.get(pk=ledger)
    return None if (head.seq, bytes(head.digest)) == (last, prev) else last + 1


@dataclass(frozen=True)
class Everything:
    """All that a refused command must leave as it was."""

    row: dict[str, Any]
    holds: list[Any]
    suspensions: list[Any]
    files: list[Any]
    events: list[Any]


def snapshot(execution: Execution | str) -> Everything:
    """Return everything stored about a run, but for recorded refusals."""
    run = fresh(execution)
    return Everything(
        row=Execution.objects.filter(pk=run.pk).values().get(),
        holds=list(run.holds.order_by("id").values()),
        suspensions=list(run.suspensions.order_by("id").values()),
        files=list(run.files.order_by("id").values("name", "version", "sha256")),
        events=[event.digest for event in events(run) if event.kind != "command.denied"],
    )


def wake(parent: Execution) -> None:
    """Do what a worker does after the commit that ends a child."""
    answer_joins(parent.pk)


def execute(sql: str, parameters: Any = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
