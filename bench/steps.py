"""Durable steps per second, beside the bare boundary statement and bare Celery chains."""

import os
import statistics
import time
import uuid

import redis
from django.db import transaction

from bench.figures import Figure
from bench.stack import Stack, wait_for
from executions import commands
from executions.actors import Actor
from executions.models import Event, Execution

ROUNDS = 5
POLL_SECONDS = 0.02
"""Looking more often would take processor time from what is measured."""
PAYLOAD = {"filler": "x" * 1000}


def launcher() -> Actor:
    """Return an actor that may launch."""
    return Actor("user:bench", "bench", "operator", "api", frozenset({"executions:launch", "executions:pause"}))


def one_run(stack: Stack) -> list[Figure]:
    """Measure one run of 200 steps through a worker, the same statement bare, and a bare chain, in turn."""
    ours_worker = stack.workers(1)
    chain_worker = stack.workers(1, "bench.chains")
    _durable_run("bench-200", 200)
    _chain(200)
    ours, bare, chains = [], [], []
    for _ in range(ROUNDS):
        ours.append(_durable_run("bench-200", 200))
        bare.append(_bare_loop(200))
        chains.append(_chain(200))
    stack.stop_processes(ours_worker + chain_worker)
    rate, loop, chain = (statistics.median(values) for values in (ours, bare, chains))
    detail = {"steps/s": round(rate), "bare psycopg loop/s": round(loop), "bare Celery chain tasks/s": round(chain)}
    return [
        Figure("one run, of the bare loop", 100 * rate / loop, "%", "≥ 65 %", rate / loop >= 0.65, detail),
        Figure("one run, beside a bare Celery chain", rate / chain, "×", "≥ 3 ×", rate / chain >= 3, detail),
    ]


def many_runs(stack: Stack) -> list[Figure]:
    """Measure 100 runs of 20 steps on two workers, beside 100 chains of 20 on two bare Celery workers, in turn."""
    ours_workers = stack.workers(2)
    chain_workers = stack.workers(2, "bench.chains")
    ours, chains = [], []
    for turn in range(4):
        rate, chain = _durable_batch(100, 20), _chains(100, 20)
        if turn:
            ours.append(rate)
            chains.append(chain)
    stack.stop_processes(ours_workers + chain_workers)
    rate, chain = statistics.median(ours), statistics.median(chains)
    detail = {"steps/s": round(rate), "bare Celery tasks/s": round(chain)}
    return [Figure("100 runs × 20 steps, 2 workers", rate / chain, "× bare Celery", "≥ 2 ×", rate / chain >= 2, detail)]


def _ends(ids: list[uuid.UUID]) -> bool:
    return not Execution.objects.filter(pk__in=ids).exclude(state="succeeded").exists()


def _durable_run(workflow: str, steps: int) -> float:
    run = commands.launch(launcher(), workflow, dict(PAYLOAD))
    wait_for(lambda: _ends([run.pk]), 60, "run", POLL_SECONDS)
    times = dict(
        Event.objects.filter(ledger=run.pk, kind__in=("lease.acquired", "execution.succeeded")).values_list(
            "kind", "at"
        )
    )
    return steps / (times["execution.succeeded"] - times["lease.acquired"]).total_seconds()


def _durable_batch(runs: int, steps: int) -> float:
    """Launch and finish all runs; like the chains, with the launches inside the measured time."""
    actor = launcher()
    began = time.perf_counter()
    ids = [commands.launch(actor, f"bench-{steps}", {}).pk for _ in range(runs)]
    # The last one first: asking for a hundred at a time would take processor time from what is measured.
    wait_for(lambda: _ends(ids[-1:]), 120, "last run", POLL_SECONDS)
    wait_for(lambda: _ends(ids), 120, "runs", POLL_SECONDS)
    return runs * steps / (time.perf_counter() - began)


def _bare_loop(steps: int) -> float:
    """Execute the boundary statement in a bare psycopg loop on a connection of its own, prepared."""
    import psycopg

    from executions.engine import statements

    with transaction.atomic():
        run = commands.launch(launcher(), "bench-200", dict(PAYLOAD), not_before=_far())
        Execution.objects.filter(pk=run.pk).update(not_before=None)
    fixed = {"id": run.pk, "owner": "bare", "actor": "worker:bare", "lease": 60, "through": "{}"}
    fixed |= {"workflow": run.workflow, "labels": "{}"}
    data = '{"step":"step_0","position":0,"attempt":1,"ms":0.010,"changes":{}}'
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True, prepare_threshold=0) as connection, connection.cursor() as cursor:
        cursor.execute(statements.CLAIM, fixed)
        epoch, ahead = (lambda row: (row[1], row[5]))(cursor.fetchone())
        began = time.perf_counter()
        for position in range(steps):
            ahead = ahead[1:]
            cursor.execute(
                statements.BOUNDARY,
                {
                    **fixed,
                    "epoch": epoch,
                    "position": position,
                    "changes": None,
                    "ahead": ahead,
                    "data": data,
                    "stop": False,
                },
            )
            cursor.fetchall()
        return steps / (time.perf_counter() - began)


def _far() -> object:
    import datetime

    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)


def _chain(count: int) -> float:
    return _chains(1, count)


def _chains(runs: int, count: int) -> float:
    from bench import chains

    key = f"bench-done-{uuid.uuid4()}"
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        began = time.perf_counter()
        for _ in range(runs):
            chains.start(count, key)
        wait_for(lambda: client.llen(key) == runs, 120, "chains", POLL_SECONDS)
        return runs * count / (time.perf_counter() - began)
