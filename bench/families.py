"""A fan-out and join of 1,000 children, beside 1,000 runs that a program launches one by one; pauses of such trees."""

import statistics
import time

from bench.authority import superuser_actor
from bench.figures import Figure
from bench.stack import Stack, wait_for
from bench.steps import POLL_SECONDS, launcher
from executions import commands
from executions.models import Execution
from executions.queries.tree import tree_of

CHILDREN = 1000
ROUNDS = 3
TREES = 5


def fan_out(stack: Stack) -> list[Figure]:
    """Measure the way from a parent's launch to its end, with two workers; then pauses of a whole tree, with none."""
    workers = stack.workers(2)
    families, singles = [], []
    for turn in range(ROUNDS + 1):
        family, single = _family(), _singles()
        if turn:
            families.append(family)
            singles.append(single)
    stack.stop_processes(workers)
    pauses = [_pause_of_a_tree(stack) for _ in range(TREES)]
    ours, plain, slowest = statistics.median(families), statistics.median(singles), max(pauses)
    detail = {
        "family, s": round(ours, 2),
        "1,000 runs launched one by one, s": round(plain, 2),
        "children/s": round(CHILDREN / ours),
    }
    return [
        Figure(
            "fan-out and join of 1,000, beside 1,000 single runs",
            ours / plain,
            "×",
            "≤ 1.2 ×",
            ours <= 1.2 * plain,
            detail,
        ),
        Figure("pause of a tree of 1,000 acknowledged, slowest of 5", slowest, "ms", "≤ 1,000 ms", slowest <= 1000),
    ]


def _family() -> float:
    began = time.perf_counter()
    run = commands.launch(launcher(), "bench-family", {"children": CHILDREN})
    _wait_for_all([run.pk])
    taken = time.perf_counter() - began
    assert Execution.objects.filter(parent=run.pk, state="succeeded").count() == CHILDREN
    return taken


def _singles() -> float:
    began = time.perf_counter()
    ids = [commands.launch(launcher(), "bench-child", {"number": number}).pk for number in range(CHILDREN)]
    # The last one first: asking for a thousand at a time would take processor time from what is measured.
    _wait_for_all(ids[-1:])
    _wait_for_all(ids)
    return time.perf_counter() - began


def _wait_for_all(ids: list[object]) -> None:
    open_ones = Execution.objects.filter(pk__in=ids).exclude(state="succeeded")
    wait_for(lambda: not open_ones.exists(), 300, "runs", POLL_SECONDS)


def _pause_of_a_tree(stack: Stack) -> float:
    (worker,) = stack.workers(1)
    run = commands.launch(launcher(), "bench-family", {"children": CHILDREN, "later": True})
    wait_for(lambda: run.children.count() == CHILDREN, 60, "children")
    stack.stop_processes([worker])
    began = time.perf_counter()
    commands.pause(launcher(), run.pk, reason="measured")
    taken = (time.perf_counter() - began) * 1e3
    run.refresh_from_db()
    held = tree_of(run)
    # The worker may have been stopped in the middle of one.
    assert held.counts.get("paused", 0) + held.counts.get("pausing", 0) == held.unfinished == CHILDREN
    commands.cancel(superuser_actor(), run.pk, reason="measured")
    return taken
