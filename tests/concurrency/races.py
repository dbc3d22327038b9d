"""Real races: contenders in threads with connections of their own, let go together, round after round."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connections

from executions import commands
from executions.errors import Refused
from tests.domain import story

ROUNDS = 200
FEWER = 60
"""For races that are variations of another."""
JITTER_SECONDS = 0.003
"""Head start that chance gives to one side, so that either can win."""
PATIENCE_SECONDS = 120
"""For one race, on a machine that others keep busy."""


@contextmanager
def contenders(count: int = 2) -> Iterator[Callable[..., list[Any]]]:
    """Yield a function that lets callables race once and returns what each returned or was refused with.

    The quicker of them begin later by chance, up to well beyond what they are quicker by: on any machine each wins some
    rounds.
    """
    gate = threading.Barrier(count)
    chance = random.Random(7)
    quickest = [float("inf")] * count

    def contend(place: int, act: Callable[[], Any], wait: float) -> Any:
        gate.wait(PATIENCE_SECONDS)
        time.sleep(wait)
        began = time.perf_counter()
        try:
            return act()
        except Refused as refusal:
            return refusal
        finally:
            quickest[place] = min(quickest[place], time.perf_counter() - began)

    with ThreadPoolExecutor(count, initializer=connections.close_all) as pool:

        def race(*acts: Callable[[], Any]) -> list[Any]:
            slowest = max(quickest)
            ahead = [1.5 * (slowest - own) if slowest < float("inf") else 0 for own in quickest]
            waits = [chance.random() * (JITTER_SECONDS + lead) for lead in ahead]
            futures = [pool.submit(contend, *each) for each in zip(range(count), acts, waits, strict=True)]
            return [future.result(PATIENCE_SECONDS) for future in futures]

        yield race
        let_go = threading.Barrier(count)

        def close() -> None:
            let_go.wait(PATIENCE_SECONDS)
            connections.close_all()

        for future in [pool.submit(close) for _ in range(count)]:
            future.result(PATIENCE_SECONDS)


def bury(run: Any, admin: Any) -> None:
    """End a run, so that no later test's worker finds it, and check its chain."""
    now = story.fresh(run)
    if now.outcome is None and now.cancel_requested_at is None:
        commands.cancel(admin, now.pk, reason="the race is over")
    now = story.fresh(run)
    if now.lease_until is not None:
        story.give_back(now, now.epoch)
    now = story.fresh(run)
    if now.outcome is None:
        story.work(now)
    assert story.fresh(run).outcome is not None
    assert story.bad_line(run.pk) is None
