"""A process that is killed right after its n-th commit: SIGKILL, as the kernel does it, with nothing tidied up."""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connections
from psycopg.pq import TransactionStatus

PATIENCE_SECONDS = 180
WRITES = ("INSERT", "UPDATE", "WITH")


class _Commits:
    """Counts the commits of this process's main thread and ends it after one of them."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.count = 0
        committed, executed = psycopg.Connection.commit, psycopg.Cursor.execute

        def commit(connection: Any) -> None:
            written = connection.info.transaction_status == TransactionStatus.INTRANS
            committed(connection)
            if written:
                self.passed()

        def execute(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
            result = executed(cursor, query, *args, **kwargs)
            idle = cursor.connection.info.transaction_status == TransactionStatus.IDLE
            if idle and str(query).lstrip().startswith(WRITES):
                self.passed()
            return result

        psycopg.Connection.commit = commit  # type: ignore[method-assign]
        psycopg.Cursor.execute = execute  # type: ignore[method-assign]

    def passed(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def killed_after_commit(number: int, work: Callable[[], Any]) -> int | None:
    """Do work in a process of its own that is killed after so many commits.

    Args:
        number: after which commit, from 1.
        work: what to do; touches nothing of this process.

    Returns:
        None if it was killed; else how many commits it did in all.
    """
    connections.close_all()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE_SECONDS)
        try:
            commits = _Commits(number)
            work()
            os.write(writing, str(commits.count).encode())
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
            os._exit(1)
        os._exit(0)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        count = told.read()
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL, f"ended by signal {os.WTERMSIG(status)}"
        return None
    assert os.WEXITSTATUS(status) == 0, "the work failed; see its output"
    return int(count)
