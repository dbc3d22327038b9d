"""Workers: alive, of one version, with the same workflows, their clocks right; and what does not get on."""

from collections.abc import Iterator, Sequence

from django.db import DatabaseError, InterfaceError

from console.doctor.database import is_unnamed
from console.doctor.finding import FAIL, OK, WARN, Finding, some
from console.pages.system_troubles import troubles
from executions.authoring import registry
from executions.engine import broker
from executions.engine.life import own_version
from executions.models import Worker
from executions.queries.system import system
from executions.queries.webhooks import troubled_webhooks

AREA = "workers"
SKEW_WARN = 2.0
"""Seconds that a worker's clock may differ from the database's; the way there and back is in it."""


def examine() -> Iterator[Finding]:
    """Look at the workers, and at what the System page would say."""
    if is_unnamed():
        yield Finding(AREA, WARN, "Stopped with the stack.", "`make run` starts them.")
        return
    try:
        now = system()
    except (DatabaseError, InterfaceError):
        do = "Put the database right first."
        yield Finding(AREA, WARN, "Not known while the database cannot be asked.", do)
        return
    alive = [view.worker for view in now.alive]
    carrier = broker.look()
    for trouble in troubles(now, carrier, troubled_webhooks()):
        if carrier.answers or "broker" not in trouble.what:  # the broker has lines of its own
            level = FAIL if trouble.tone == "error" else WARN
            yield Finding(trouble.area, level, trouble.what, f"{trouble.do} {trouble.command}".strip())
    if not alive:
        return
    yield Finding(AREA, OK, f"{len(alive)} alive: {some([worker.name for worker in alive])}. Each has a sweeper.")
    yield from of_versions(alive)
    yield from of_workflows(alive)
    yield from of_clocks(alive)


def of_versions(alive: Sequence[Worker]) -> Iterator[Finding]:
    """Judge whether the workers run this code.

    Args:
        alive: the workers that were heard of lately.
    """
    other = sorted({worker.version for worker in alive} - {own_version()})
    if other:
        what = f"Workers run {', '.join(other)}, this is {own_version()}."
        yield Finding(AREA, WARN, what, "Start them again with the new code.")


def of_workflows(alive: Sequence[Worker]) -> Iterator[Finding]:
    """Judge whether the workers know the same workflows as this process, with the same routes.

    Args:
        alive: the workers that were heard of lately.
    """
    ours = {workflow.name: workflow.fingerprint for workflow in registry.all_workflows()}
    for worker in alive:
        theirs = worker.fingerprints or {}
        missing = sorted(set(ours) - set(theirs))
        different = sorted(name for name in set(ours) & set(theirs) if ours[name] != theirs[name])
        if missing:
            what = f"{worker.name} does not know {some(missing)}, which this process knows."
            do = "Give web and workers the same HOLDPOINT_WORKFLOWS and the same code, then start them again."
            yield Finding(AREA, FAIL, what, do)
        if different:
            what = f"{worker.name} has another route of {some(different)} than this process."
            do = "Start it again with the new code. What happens to runs under way: docs/concepts/policies.md."
            yield Finding(AREA, FAIL, what, do)


def of_clocks(alive: Sequence[Worker]) -> Iterator[Finding]:
    """Judge the workers' clocks by the database's.

    Args:
        alive: the workers that were heard of lately.
    """
    for worker in alive:
        if worker.skew is not None and abs(worker.skew) > SKEW_WARN:
            side = "ahead of" if worker.skew > 0 else "behind"
            what = f"The clock of {worker.name} is {abs(worker.skew):.1f} s {side} the database's."
            yield Finding(AREA, WARN, what, "Have its host keep time by NTP (timedatectl status).")
