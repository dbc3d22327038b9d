"""How quickly people are obeyed: pause, resume, a killed worker; and what a paused run costs."""

import random
import signal
import threading
import time
import timeit
from typing import Any

import psutil
import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection

from bench.figures import Figure, percentile, spread
from bench.stack import Stack, wait_for
from executions import commands
from executions.actors import SYSTEM
from executions.models import Execution


class Api:
    """A client of the HTTP API that keeps its connection, as programs do."""

    def __init__(self, address: str) -> None:
        import logging

        import httpx

        logging.getLogger("httpx").setLevel(logging.WARNING)

        user = get_user_model().objects.create_superuser("bench", "bench@example.org", "bench")
        _, token = commands.create_token(SYSTEM, user, name="bench")
        self._client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Post JSON and return the answer; anything but success raises."""
        answer = self._client.post(path, json=body)
        answer.raise_for_status()
        return dict(answer.json())

    def launch(self, workflow: str) -> str:
        """Launch a run and return its id."""
        return str(self.post("/v1/async-executions", {"workflow": workflow, "payload": {}})["id"])

    def pause(self, run: str) -> bool:
        """Pause a run; False where it has ended already (409)."""
        answer = self._client.post(f"/v1/async-executions/{run}/pause", json={"reason": "measuring"})
        if answer.status_code == 409:
            return False
        answer.raise_for_status()
        return True

    def resume(self, run: str) -> None:
        """Resume a run."""
        self.post(f"/v1/async-executions/{run}/resume", {})


class Journal:
    """What the steps wrote, read as it grows."""

    def __init__(self, stack: Stack) -> None:
        self._path = stack.journal

    def times(self, word: str, run: str) -> list[int]:
        """Return the times in nanoseconds at which a run's steps wrote a word."""
        lines = (line.split() for line in self._path.read_text().splitlines())
        return [int(line[2]) for line in lines if line[0] == word and line[1] == run]


def state(run: str) -> str:
    """Return a run's state."""
    return str(Execution.objects.values_list("state", flat=True).get(pk=run))


def check_paused(stack: Stack) -> list[Figure]:
    """Time ``ctx.lifecycle.check_paused()`` on the engine's own backing."""
    from executions.actors import Actor
    from executions.authoring.context import Context
    from executions.engine.backing import EngineBacking
    from executions.engine.leases import Lease

    ctx = Context(EngineBacking(Lease("bench"), "step", 0, 0, 0, Actor.worker("bench")))
    rounds = timeit.repeat("ctx.lifecycle.check_paused()", globals={"ctx": ctx}, number=200_000, repeat=7)
    nanoseconds = min(rounds) / 200_000 * 1e9
    return [Figure("check_paused()", nanoseconds, "ns", "≤ 200 ns", nanoseconds <= 200)]


def pausing(stack: Stack) -> list[Figure]:
    """Pause and resume one spinning run 200 times through the API."""
    api, journal = stack_api(stack), Journal(stack)
    workers = stack.workers(1)
    run = api.launch("bench-spin")
    acknowledged, seen, restarted = [], [], []
    for turn in range(210):
        wait_for(lambda turn=turn: len(journal.times("start", run)) == turn + 1, 30, "start")
        time.sleep(random.uniform(0.005, 0.03))
        asked = time.time_ns()
        api.pause(run)
        answered = time.time_ns()
        wait_for(lambda turn=turn: len(journal.times("seen", run)) == turn + 1, 30, "seen")
        wait_for(lambda: state(run) == "paused", 30, "paused")
        resumed = _resume_and_wait(api, journal, run, turn + 2)
        if turn >= 10:
            acknowledged.append((answered - asked) / 1e6)
            seen.append(max(journal.times("seen", run)[-1] - answered, 0) / 1e6)
            restarted.append(resumed)
    commands.cancel(superuser_actor(), run, reason="measured")
    stack.stop_processes(workers)
    p99_ack, p99_seen, p95_start = percentile(acknowledged, 99), percentile(seen, 99), percentile(restarted, 95)
    return [
        Figure("pause acknowledged, p99", p99_ack, "ms", "≤ 30 ms", p99_ack <= 30, spread(acknowledged)),
        Figure("acknowledged → seen in the step, p99", p99_seen, "ms", "≤ 15 ms", p99_seen <= 15, spread(seen)),
        Figure("resume → next step starts, p95", p95_start, "ms", "≤ 15 ms", p95_start <= 15, spread(restarted)),
    ]


def _resume_and_wait(api: Api, journal: Journal, run: str, starts: int) -> float:
    time.sleep(0.03)
    api.resume(run)
    answered = time.time_ns()
    wait_for(lambda: len(journal.times("start", run)) == starts, 30, "restart")
    return max(journal.times("start", run)[-1] - answered, 0) / 1e6


def obedience(stack: Stack) -> list[Figure]:
    """Pause running runs 1,000 times at random moments and count the steps that start after the acknowledgement."""
    api, journal = stack_api(stack), Journal(stack)
    workers = stack.workers(2)
    pauses: dict[str, list[tuple[int, int]]] = {}
    lock = threading.Lock()

    def torment(count: int) -> None:
        own = Api.__new__(Api)
        own._client = api._client
        run = own.launch("bench-short")
        left = count
        while left:
            wait_for(lambda run=run: state(run) in ("processing", "succeeded"), 60, "processing")
            time.sleep(random.uniform(0, 0.02))
            if not own.pause(run):
                # It came to its end before the pause; another one takes its place.
                run = own.launch("bench-short")
                continue
            answered = time.time_ns()
            wait_for(lambda run=run: state(run) == "paused", 30, "paused")
            time.sleep(0.01)
            asked = time.time_ns()
            with lock:
                pauses.setdefault(run, []).append((answered, asked))
            own.resume(run)
            left -= 1
        commands.cancel(superuser_actor(), run, reason="measured")
        connection.close()

    threads = [threading.Thread(target=torment, args=(500,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stack.stop_processes(workers)
    late = 0
    starts = 0
    for run, windows in pauses.items():
        times = journal.times("start", run)
        starts += len(times)
        late += sum(1 for began, ended in windows for at in times if began < at < ended)
    made = sum(map(len, pauses.values()))
    detail = {"pauses": made, "steps started in all": starts}
    return [
        Figure(
            "steps started after an acknowledged pause",
            late,
            "steps",
            "0 in 1,000 pauses",
            late == 0 and made == 1000,
            detail,
        )
    ]


def takeover(stack: Stack) -> list[Figure]:
    """Kill the worker that is in mid-step with -9, another one alive; wait until the step starts again."""
    journal = Journal(stack)
    waits = []
    for _ in range(3):
        workers = stack.workers(2)
        run = str(commands.launch(superuser_actor(), "bench-long", {}).pk)
        wait_for(lambda run=run: journal.times("start", run), 30, "start")
        owner = str(Execution.objects.values_list("owner", flat=True).get(pk=run))
        victim = next(process for process in workers if f"-{process.pid}-" in owner)
        killed = time.time_ns()
        victim.send_signal(signal.SIGKILL)
        wait_for(lambda run=run: len(journal.times("start", run)) == 2, 120, "takeover")
        waits.append((journal.times("start", run)[1] - killed) / 1e9)
        commands.cancel(superuser_actor(), run, reason="measured")
        stack.stop_processes(workers)
    return [Figure("kill -9 → the step starts again", max(waits), "s", "≤ 15 s", max(waits) <= 15, spread(waits))]


def paused_cost(stack: Stack) -> list[Figure]:
    """Show what 1,000 paused runs keep: no lease, no message, no timer, and an idle worker no busier than without."""
    workers = stack.workers(1)
    idle = _processor_seconds(workers[0].pid)
    actor = superuser_actor()
    ids = [commands.launch(actor, "bench-short", {}).pk for _ in range(1000)]
    for run in ids:
        commands.pause(actor, run, reason="measuring what a paused run costs")
    wait_for(lambda: not Execution.objects.filter(pk__in=ids).exclude(state="paused").exists(), 120, "paused")
    time.sleep(3)
    held = Execution.objects.filter(pk__in=ids)
    leases = held.filter(lease_until__isnull=False).count()
    timers = held.filter(not_before__isnull=False).count()
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        queues = [key for key in client.keys("holdpoint:*") if client.type(key) == b"list"]
        messages = sum(client.llen(key) for key in queues)
    busy = _processor_seconds(workers[0].pid)
    stack.stop_processes(workers)
    kept = leases + timers + messages
    detail = {
        "runs paused": len(ids),
        "leases": leases,
        "timers": timers,
        "broker messages": messages,
        "worker's CPU over 5 s, before and with them (s)": f"{idle:.2f} → {busy:.2f}",
    }
    return [Figure("kept by 1,000 paused runs", kept, "leases, messages, timers", "none", kept == 0, detail)]


def _processor_seconds(pid: int) -> float:
    process = psutil.Process(pid)
    before = process.cpu_times()
    time.sleep(5)
    after = process.cpu_times()
    return after.user + after.system - before.user - before.system


_api: list[Api] = []


def stack_api(stack: Stack) -> Api:
    """Return the API client, with the web started at the first use."""
    if not _api:
        _api.append(Api(stack.address))
    return _api[0]


def superuser_actor() -> Any:
    """Return an actor that may do everything."""
    from executions.access import SCOPES
    from executions.actors import Actor

    return Actor("user:0", "bench", "admin", "api", frozenset(SCOPES), None)
