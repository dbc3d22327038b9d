"""What is wrong with the installation, worst first, each with what to do about it."""

from dataclasses import dataclass

from executions.engine.broker import Broker
from executions.queries.system import LATE_SECONDS, LINGERING_SECONDS, System
from executions.queries.webhooks import Troubled

START_ONE = (
    "python -m celery -A console worker --pool=solo --loglevel=INFO --without-gossip --without-mingle"
    " --without-heartbeat -n holdpoint-1@%h"
)
"""With HOLDPOINT_PROCESS=worker in its environment, as docs/how-to/deploy says."""
WAITING_LONG_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong.

    Args:
        tone: ``error`` (work stands still) or ``warning`` (work goes on, worse).
        what: what is wrong.
        do: what to do.
        command: what to type, where that helps.
        area: what it is about, where that is not the workers: `webhooks` have a page of their own.
    """

    tone: str
    what: str
    do: str
    command: str = ""
    area: str = "workers"


def troubles(system: System, broker: Broker, hooks: Troubled) -> list[Trouble]:
    """Judge what the page shows; nothing is wrong where the list is empty.

    Args:
        system: as the database tells it.
        broker: as it answered.
        hooks: webhooks that do not do well.
    """
    found = [*_workers(system), *_broker(system, broker), *_late(system), *_stuck(system), *_database(system)]
    found += _webhooks(hooks)
    return sorted(found, key=lambda trouble: trouble.tone != "error")


def _workers(system: System) -> list[Trouble]:
    if not system.alive:
        do = "Runs stay queued until one is there. Start one; under systemd by systemctl start holdpoint-worker@1."
        return [Trouble("error", "No worker is alive.", do, f"HOLDPOINT_PROCESS=worker {START_ONE}")]
    found = [
        Trouble(
            "error",
            f"No worker knows the workflow {name}: {_runs(count)} {'waits' if count == 1 else 'wait'} for it.",
            "Name its module in HOLDPOINT_WORKFLOWS of the workers, and start them again.",
        )
        for name, count in sorted(system.orphans.items())
    ]
    versions = {view.worker.version for view in system.alive}
    if len(versions) > 1:
        said = ", ".join(sorted(filter(None, versions)))
        found.append(
            Trouble(
                "warning", f"Workers run different versions: {said}.", "Start the older ones again with the new code."
            )
        )
    oldest = system.oldest
    busy = all(view.run is not None for view in system.alive)
    if oldest is not None and busy and (system.now - oldest).total_seconds() > WAITING_LONG_SECONDS:
        found.append(Trouble("warning", "Every worker is busy and runs wait.", "Start more workers if this lasts."))
    return found


def _broker(system: System, broker: Broker) -> list[Trouble]:
    if not broker.answers:
        do = (
            "Work goes on, a little later: workers find it in the database, and pauses reach steps by the heartbeat. "
            "Start Redis or Valkey again; REDIS_URL says where it should be."
        )
        return [Trouble("warning", f"The broker is away. {broker.problem}", do)]
    deaf = len(system.alive) - broker.listeners
    if system.alive and deaf > 0:
        return [
            Trouble(
                "warning",
                f"{deaf} of {len(system.alive)} workers do not hear pauses at once.",
                "They learn of them by the heartbeat. If this lasts, look at the worker’s log for “The ear”.",
            )
        ]
    return []


def _late(system: System) -> list[Trouble]:
    late = {"resume conditions": system.conditions_late, "deadlines of questions": system.questions_late}
    found = [
        Trouble(
            "error",
            f"{what.capitalize()} that have come and were not seen to: {count:,}, by more than {LATE_SECONDS} s.",
            "The sweeper of a worker sees to these. Look at the workers’ logs for “The sweeper”.",
        )
        for what, count in late.items()
        if count
    ]
    if system.messages_failing:
        found.append(
            Trouble(
                "warning",
                f"Messages about questions that could not be delivered yet: {system.messages_failing:,}.",
                "They are tried again. The question on its run’s page says what failed.",
            )
        )
    return found


def _stuck(system: System) -> list[Trouble]:
    count = {what: sum(run.what == what for run in system.stuck) for what in ("lease", "lingering", "join")}
    found = []
    if count["lease"]:
        do = "A worker takes them over within seconds. If none does, look at the workers’ logs for “The sweeper”."
        found.append(Trouble("error", f"{_runs(count['lease'])} without a worker, and nobody took over.", do))
    if count["join"]:
        do = "The sweeper lets them go on. If it does not, look at the workers’ logs for “The sweeper”."
        found.append(Trouble("error", f"{_runs(count['join'])} still wait for children that have ended.", do))
    if count["lingering"]:
        do = "Their step does not look up before its end. Wait, or have its author call ctx.lifecycle.checkpoint()."
        what = f"{_runs(count['lingering'])} pausing or cancelling for more than {LINGERING_SECONDS} s."
        found.append(Trouble("warning", what, do))
    return found


def _database(system: System) -> list[Trouble]:
    if system.connections < system.most_connections * 0.85:
        return []
    what = f"The database has {system.connections} of {system.most_connections} connections in use."
    return [Trouble("warning", what, "Raise max_connections, or run fewer web processes and workers.")]


def _webhooks(hooks: Troubled) -> list[Trouble]:
    found = []
    if hooks.disabled:
        what = f"{_hooks(len(hooks.disabled))} disabled: gone, or failing for days. Nothing is sent there."
        found.append(
            Trouble("warning", what, "Settings, Webhooks says why. Send a test, then enable it.", area="webhooks")
        )
    if hooks.failing:
        what = f"{_hooks(len(hooks.failing))} failing. No run waits for that; messages are tried again for days."
        found.append(Trouble("warning", what, "Settings, Webhooks says what the server answered.", area="webhooks"))
    return found


def _hooks(count: int) -> str:
    return "1 webhook is" if count == 1 else f"{count} webhooks are"


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"
