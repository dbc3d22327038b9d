"""How quickly an answer reaches the code that asked."""

import time
from typing import Any

from bench.authority import Journal, stack_api, superuser_actor
from bench.figures import Figure, percentile, spread
from bench.stack import Stack, wait_for
from executions import commands
from executions.models import Suspension

TURNS = 210
WARM_UP = 10


def answers(stack: Stack) -> list[Figure]:
    """Answer 200 questions of one run through the API, one after the other.

    Each turn is a whole way: the step asks and the worker is freed, the answer is accepted, a worker claims the run
    again and enters the step, which goes on with the answer, passes its boundary and asks anew.
    """
    api, journal = stack_api(stack), Journal(stack)
    workers = stack.workers(1)
    run = api.launch("bench-asking")
    asked, told = [], []
    for turn in range(TURNS):
        question = _open_question(run)
        # The first line of a turn is from before the question, the second from when the step was entered again.
        stopped = (question.opened_at.timestamp() - journal.times("asks", run)[2 * turn] / 1e9) * 1e3
        api.post(
            f"/v1/suspensions/{question.pk}/answer",
            {"data": {"answer": True}, "context_digest": question.context_digest},
        )
        answered = time.time_ns()
        wait_for(lambda turn=turn: len(journal.times("told", run)) == turn + 1, 30, "the answer in the step")
        if turn >= WARM_UP:
            asked.append(stopped)
            told.append(max(journal.times("told", run)[-1] - answered, 0) / 1e6)
    commands.cancel(superuser_actor(), run, reason="measured")
    stack.stop_processes(workers)
    p50, p95 = percentile(told, 50), percentile(told, 95)
    return [
        Figure("answer accepted → the step goes on with it, p50", p50, "ms", "≤ 10 ms", p50 <= 10),
        Figure("answer accepted → the step goes on with it, p95", p95, "ms", "≤ 15 ms", p95 <= 15, spread(told)),
        Figure(
            "step asks → question is open, p95", percentile(asked, 95), "ms", "≤ 15 ms", percentile(asked, 95) <= 15
        ),
    ]


def _open_question(run: str) -> Any:
    found: list[Suspension] = []

    def look() -> bool:
        found[:] = Suspension.objects.filter(execution_id=run, closed_at__isnull=True)[:1]
        return bool(found)

    wait_for(look, 30, "a question")
    return found[0]
